/**
 * The registration token of a site or group: base64 of a small JSON object with the console's `url` and a `site_key`.
 * Whoever chooses the token chooses the tenant that commands the endpoint, so it is judged before it goes anywhere (G1).
 */
import type { TokenExpectation, TokenVerdict } from '#installers/vendor.ts';
import { Fault } from '#protocol/codes.ts';
import { parseStrictJson } from '#protocol/strict-json.ts';
import type { Trust } from '#installers/sentinelone/trust.ts';

export type TokenRules = Pick<Trust, 'hostSuffixes' | 'plainHttpLoopback'>;

/** What somebody pasted instead of a site token, by its shape. */
export type TokenMistake = 'empty' | 'quoted' | 'site-id' | 'site-key' | 'api-token' | 'not-base64' | 'other-content';

export type SiteTokenReading =
  | { readonly ok: true; readonly url: URL; readonly consoleHost: string; readonly siteKey: string }
  | { readonly ok: false; readonly mistake: TokenMistake; readonly detail: string };

const tokenCharactersMax = 4096;

const mistakeTexts: Readonly<Record<TokenMistake, string>> = {
  empty: 'There is no token.',
  quoted: 'There are quotes or blanks around or inside the token: copy only the token itself.',
  'site-id': 'This is the number of a site; the site token is a longer text, shown with the site.',
  'site-key': 'This is only the key inside a site token: copy the whole token.',
  'api-token': 'This is an API token, which opens the whole console: a device must never get it.',
  'not-base64': 'This is not base64, as every site token is.',
  'other-content': 'It decodes, but does not hold the address of a console and a site key.',
};

/** Strict about the alphabet, since the text ends in a configuration file that a script of the vendor reads (G5). */
export function isTokenText(token: string): boolean {
  if (token.length === 0 || token.length > tokenCharactersMax) return false;
  const body = token.replace(/={1,2}$/, '');
  return /^[A-Za-z0-9+/]+$/.test(body) && body.length % 4 !== 1 && (token.length % 4 === 0 || body === token);
}

/** Fault `token.malformed`; whatever becomes a line of a file or an argument of a program passes here first (G5). */
export function requireTokenText(token: string): void {
  if (!isTokenText(token)) throw new Fault('token.malformed', 'the site token holds characters that no token has');
}

/** The host of a console as it is compared everywhere: lower case, with the port unless it is the scheme's own. */
export function hostOf(url: URL): string {
  return url.host.toLowerCase();
}

/** Decodes a token without judging whom it belongs to. Never throws; never puts the token into its texts. */
export function readSiteToken(token: string): SiteTokenReading {
  if (!isTokenText(token)) return mistake(shapeOf(token));
  const content = parsed(token);
  if (content === null) return mistake(shapeOf(token));
  const url = typeof content['url'] === 'string' && content['url'].length <= 300 ? parsedUrl(content['url']) : null;
  const siteKey = content['site_key'];
  if (url === null || typeof siteKey !== 'string' || !/^[A-Za-z0-9_-]{1,128}$/.test(siteKey))
    return mistake('other-content');
  return { ok: true, url, consoleHost: hostOf(url), siteKey };
}

/** Whether a token belongs to the assigned site of an allowed console. All comparisons are exact. */
export function judgeSiteToken(token: string, expected: TokenExpectation, rules: TokenRules): TokenVerdict {
  const reading = readSiteToken(token);
  if (!reading.ok) return { ok: false, code: 'token.malformed', detail: reading.detail };
  const { url, consoleHost } = reading;
  const plain = url.protocol === 'http:' && rules.plainHttpLoopback && isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !plain) {
    return { ok: false, code: 'token.malformed', detail: 'The address in the token is not https.' };
  }
  if (!expected.vendorHosts.map(withoutDefaultPort).includes(consoleHost)) {
    return { ok: false, code: 'token.tenant-not-pinned', detail: `${consoleHost} is not among the allowed consoles.` };
  }
  if (!rules.hostSuffixes.some((suffix) => isBelow(url.hostname.toLowerCase(), suffix))) {
    return {
      ok: false,
      code: 'token.tenant-not-pinned',
      detail: `${consoleHost} is no SentinelOne console this agent knows.`,
    };
  }
  if (consoleHost !== withoutDefaultPort(expected.consoleHost)) {
    const detail = `The token is for ${consoleHost}, the assigned site is on ${expected.consoleHost}.`;
    return { ok: false, code: 'token.site-mismatch', detail };
  }
  const siteKeySha256 = expected.sha256(reading.siteKey);
  if (siteKeySha256 !== expected.siteKeySha256) {
    return { ok: false, code: 'token.site-mismatch', detail: `The token is for another site of ${consoleHost}.` };
  }
  return { ok: true, consoleHost, siteKeySha256 };
}

function mistake(kind: TokenMistake): SiteTokenReading {
  return { ok: false, mistake: kind, detail: mistakeTexts[kind] };
}

function shapeOf(text: string): TokenMistake {
  const bare = text.trim();
  if (bare === '') return 'empty';
  if (/^\d{15,20}$/.test(bare)) return 'site-id';
  if (/^(?:g_)?[0-9a-f]{16}$/i.test(bare)) return 'site-key';
  if (/^[A-Za-z0-9]{80}$/.test(bare) || /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(bare)) return 'api-token';
  if (/["'\s]/.test(text)) return 'quoted';
  return isTokenText(text) ? 'other-content' : 'not-base64';
}

function parsed(token: string): Record<string, unknown> | null {
  try {
    const bytes = Uint8Array.from(atob(token), (character) => character.charCodeAt(0));
    const value = parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    // Text that does not decode is named by its shape; the cause would only repeat the secret.
    return null;
  }
}

function parsedUrl(text: string): URL | null {
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(text)) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return null;
  return url.pathname === '/' ? url : null;
}

function withoutDefaultPort(host: string): string {
  return host.toLowerCase().replace(/:443$/, '');
}

function isBelow(hostname: string, suffix: string): boolean {
  return hostname === suffix || hostname.endsWith(`.${suffix}`);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
