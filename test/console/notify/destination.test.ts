import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { guardedLookup, isBehind, isLoopback, webhookUrl } from '#console/notify/destination.ts';

const strict = { loopbackAllowed: false };
const refusal = (url: string, rules = strict): string => {
  try {
    return webhookUrl(url, rules);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('G16: the address of a webhook', () => {
  it('is https, with a path, without a fragment', () => {
    expect(webhookUrl('https://hooks.example.net/a/b?c=d#e', strict)).toBe('https://hooks.example.net/a/b?c=d');
    expect(webhookUrl('https://10.0.0.7:8443/in', strict)).toBe('https://10.0.0.7:8443/in');
    for (const url of ['http://hooks.example.net/', 'ftp://x.example', 'file:///etc/passwd', 'data:text/plain,x'])
      expect(refusal(url)).toContain('only https');
    expect(refusal('not an address')).toContain('not an address');
    expect(refusal('https://ann:secret@hooks.example.net/')).toContain('user name or password');
  });

  it('is never this machine, however that is written, unless the configuration says so', () => {
    const ways = [
      'https://localhost/',
      'https://x.localhost/',
      'https://127.0.0.1/',
      'https://127.1/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:7f00:1]/',
    ];
    for (const url of ways)
      expect([url, refusal(url)]).toEqual([url, expect.stringContaining('machine that Garrison')]);
    expect(webhookUrl('http://127.0.0.1:9/x', { loopbackAllowed: true })).toBe('http://127.0.0.1:9/x');
    expect(refusal('http://10.0.0.7/', { loopbackAllowed: true })).toContain('only https');
  });

  it('is never link-local, unspecified, multicast or what clouds answer to a machine', () => {
    const ways = [
      '169.254.169.254',
      '169.254.0.1',
      '2852039166',
      '0.0.0.0',
      '224.0.0.1',
      '168.63.129.16',
      '100.100.100.200',
      '[fe80::1]',
      '[ff02::1]',
      '[::]',
      '[fd00:ec2::254]',
      '[::ffff:169.254.169.254]',
      '[64:ff9b::a9fe:a9fe]',
      '[64:ff9b::7f00:1]',
      '[64:ff9b::168.63.129.16]',
      '[64:ff9b::100.100.100.200]',
      '[64:ff9b::]',
      '[2002:a9fe:a9fe::]',
      '[2002:7f00:1::1]',
      'metadata.google.internal.',
      'localhost.',
      'metadata.google.internal',
    ];
    for (const host of ways)
      expect([host, refusal(`https://${host}/`)]).toEqual([
        host,
        expect.stringMatching(/no receiver lives|machine that/),
      ]);
  });

  it('knows its addresses also with a zone, in brackets, and no name for one', () => {
    expect([isBehind('fe80::1%eth0'), isLoopback('[::1]'), isLoopback('localhost')]).toEqual([true, true, false]);
  });
});

describe('G16: a name', () => {
  const resolving =
    (...addresses: string[]): LookupFunction =>
    (_name, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  const ask = (resolve: LookupFunction, rules = strict): Promise<string> =>
    new Promise((done) => {
      guardedLookup(rules, resolve)('rebind.example.net', { all: true }, (error, address) =>
        done(error?.code ?? JSON.stringify(address)),
      );
    });

  it('is judged by every address it leads to when the connection is made', async () => {
    expect(await ask(resolving('192.0.2.7'))).toContain('192.0.2.7');
    for (const bad of ['127.0.0.1', '::1', '169.254.169.254', 'fe80::1', '::ffff:169.254.169.254'])
      expect(await ask(resolving('192.0.2.7', bad))).toBe('ADDRESS_FORBIDDEN');
    expect(await ask(resolving('127.0.0.1'), { loopbackAllowed: true })).toContain('127.0.0.1');
    expect(await ask(resolving('169.254.169.254'), { loopbackAllowed: true })).toBe('ADDRESS_FORBIDDEN');
  });

  it('of this machine is refused by the system’s own look-up too', async () => {
    const answer = await new Promise<string>((done) => {
      guardedLookup(strict, lookup)('localhost', { all: true }, (error) => done(error?.code ?? 'allowed'));
    });
    expect(answer).toBe('ADDRESS_FORBIDDEN');
  });
});
