/** What an operator types as the address of a SentinelOne console, made into an origin. Pure. */
import { Fault } from '#protocol/codes.ts';

export interface AddressRules {
  /** Development and tests: a console on this machine, also without TLS. */
  readonly loopbackAllowed: boolean;
}

type Objection =
  | 'empty'
  | 'unreadable'
  | 'credentials'
  | 'scheme'
  | 'generic-name'
  | 'sign-in-page'
  | 'loopback'
  | 'link-local';

const objections: Record<Objection, string> = {
  empty: 'no address was given',
  unreadable: 'this is not an address',
  credentials: 'the address carries a user name or password; leave them out',
  scheme: 'only https addresses can be used',
  'generic-name': 'this is a general name; your own console has another one, like usea1-acme.sentinelone.net',
  'sign-in-page': 'this is the page of a sign-in service; copy the address after signing in',
  loopback: 'the address points at the machine that Garrison runs on',
  'link-local': 'the address points at a network that no console lives in',
};

/** Names of the vendor's that are no tenant. */
const genericHosts = new Set(['console.sentinelone.net', 'www.sentinelone.com', 'sentinelone.com', 'sentinelone.net']);
const signInSuffixes = ['.okta.com', '.oktapreview.com', '.onelogin.com', '.microsoftonline.com', '.duosecurity.com'];
const signInHosts = new Set(['accounts.google.com', 'login.microsoftonline.com', 'sso.jumpcloud.com']);

function refuse(reason: Objection): Fault {
  return new Fault('sentinelone.address', objections[reason], { context: { reason } });
}

/** Host of a URL as WHATWG writes it: lower case, IPv4 in dots, IPv6 in brackets, names in punycode. */
function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(host) ||
    /^\[::ffff:7f[0-9a-f]{2}:/.test(host)
  );
}

/** Link-local, unspecified, multicast and cloud metadata addresses (G16); takes IPv6 with or without brackets. */
export function isForbiddenAddress(address: string): boolean {
  const bare = address.toLowerCase().replace(/^\[|\]$/g, '');
  const v4 = bare.replace(/^::ffff:(?=\d+\.)/, '');
  if (/^(169\.254|0)\.\d/.test(v4) || /^(22[4-9]|23\d|2[45]\d)\.\d/.test(v4)) return true;
  return /^(fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:|fd00:ec2:|::ffff:a9fe:|::ffff:0{0,4}:)/.test(bare) || bare === '::';
}

function toUrl(text: string): URL {
  const withHost = /^[a-z0-9][a-z0-9-]{0,62}$/i.test(text) && text !== 'localhost' ? `${text}.sentinelone.net` : text;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(withHost) ? withHost : `https://${withHost}`;
  try {
    return new URL(withScheme);
  } catch {
    throw refuse('unreadable');
  }
}

/**
 * A tenant prefix ("usea1-acme"), a host, or any pasted URL → `https://host[:port]`. Path, query and a plain `http:`
 * are dropped; only a loopback address keeps `http:`, and only where the rules allow loopback.
 * Throws `sentinelone.address` with `context.reason`.
 */
export function sentinelOneOrigin(input: string, rules: AddressRules): string {
  const text = input
    .trim()
    .replace(/^["'<]+|["'>]+$/g, '')
    .trim();
  if (text === '') throw refuse('empty');
  if (text.length > 500) throw refuse('unreadable');
  const url = toUrl(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('scheme');
  if (url.username !== '' || url.password !== '') throw refuse('credentials');
  const host = url.hostname.replace(/\.$/, '');
  if (isForbiddenAddress(host) || host === 'metadata.google.internal') throw refuse('link-local');
  const port = url.port === '' ? '' : `:${url.port}`;
  if (isLoopback(host)) {
    if (!rules.loopbackAllowed) throw refuse('loopback');
    return `${url.protocol}//${host}${port}`;
  }
  if (genericHosts.has(host)) throw refuse('generic-name');
  if (signInHosts.has(host) || signInSuffixes.some((suffix) => host.endsWith(suffix))) throw refuse('sign-in-page');
  if (!host.includes('.') && !host.startsWith('[')) throw refuse('unreadable');
  return `https://${host}${port}`;
}
