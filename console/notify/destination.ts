/** Where notifications may go: not back into this machine or into the network behind it that no receiver lives in (G16). */
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Fault } from '#protocol/codes.ts';
import { isForbiddenAddress } from '#console/sentinelone/address.ts';

export interface DestinationRules {
  /** Receivers on this machine, also without TLS: set in the configuration of the console, not on the page. */
  readonly loopbackAllowed: boolean;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** What clouds answer to any program on a machine, also when it is written as an IPv6 address. */
const behind = new BlockList();
behind.addSubnet('169.254.0.0', 16, 'ipv4');
behind.addAddress('168.63.129.16', 'ipv4');
behind.addAddress('100.100.100.200', 'ipv4');
for (const prefix of ['64:ff9b::', '::']) {
  behind.addSubnet(`${prefix}a9fe:0`, 112, 'ipv6');
  behind.addSubnet(`${prefix}7f00:0`, 104, 'ipv6');
  behind.addAddress(`${prefix}a83f:8110`, 'ipv6');
  behind.addAddress(`${prefix}6464:64c8`, 'ipv6');
}
behind.addSubnet('64:ff9b::', 104, 'ipv6');
behind.addSubnet('2002:a9fe::', 32, 'ipv6');
behind.addSubnet('2002:7f00::', 24, 'ipv6');

const bare = (address: string): string => address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

export function isLoopback(address: string): boolean {
  return isIn(loopback, bare(address));
}

/** Link-local, unspecified, multicast and metadata addresses. */
export function isBehind(address: string): boolean {
  return isForbiddenAddress(bare(address)) || (!isLoopback(address) && isIn(behind, bare(address)));
}

const refusal = (why: string): Fault => new Fault('notify.address', why);

/** Answers the URL as it is used; fault `notify.address` for one that is not allowed. */
export function webhookUrl(text: string, rules: DestinationRules): string {
  if (!URL.canParse(text)) throw refusal('this is not an address');
  const url = new URL(text);
  const host = url.hostname.replace(/\.$/, '');
  const here = isLoopback(host) || host === 'localhost' || host.endsWith('.localhost');
  if (here && !rules.loopbackAllowed) throw refusal('the address points at the machine that Garrison runs on');
  if (url.protocol !== 'https:' && !(here && url.protocol === 'http:')) throw refusal('only https addresses are used');
  if (url.username !== '' || url.password !== '') throw refusal('the address carries a user name or password');
  if (isBehind(host) || host === 'metadata.google.internal')
    throw refusal('the address points at a network that no receiver lives in');
  url.hash = '';
  return url.href;
}

function refused(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error('the name resolves to a forbidden address'), { code });
}

/** A name is judged by what it resolves to at the moment of the connection, whatever was checked before. */
export function guardedLookup(rules: DestinationRules, resolve: LookupFunction = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options, (error, address, family) => {
      const found = typeof address === 'string' ? [address] : (address ?? []).map((one) => one.address);
      const bad = found.some((one) => isBehind(one) || (!rules.loopbackAllowed && isLoopback(one)));
      callback(error ?? (bad ? refused('ADDRESS_FORBIDDEN') : null), address, family);
    });
  };
}
