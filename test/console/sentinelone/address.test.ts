import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isForbiddenAddress, sentinelOneOrigin } from '#console/sentinelone/address.ts';
import { Fault } from '#protocol/codes.ts';

const production = { loopbackAllowed: false };
const development = { loopbackAllowed: true };

function reasonOf(input: string, rules = production): unknown {
  try {
    return `accepted as ${sentinelOneOrigin(input, rules)}`;
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    return error instanceof Fault && error.code === 'sentinelone.address' ? error.context['reason'] : error;
  }
}

describe('the address of a SentinelOne console: prefixes, paths and http become an origin', () => {
  it.each([
    ['usea1-acme', 'https://usea1-acme.sentinelone.net'],
    ['usea1-acme.sentinelone.net', 'https://usea1-acme.sentinelone.net'],
    ['  "https://USEA1-acme.sentinelone.net/"\n', 'https://usea1-acme.sentinelone.net'],
    ['https://usea1-acme.sentinelone.net/dashboard?x=1#top', 'https://usea1-acme.sentinelone.net'],
    ['https://usea1-acme.sentinelone.net//login', 'https://usea1-acme.sentinelone.net'],
    ['http://usea1-acme.sentinelone.net/login', 'https://usea1-acme.sentinelone.net'],
    ['https://usea1-acme.sentinelone.net:443/', 'https://usea1-acme.sentinelone.net'],
    ['usea1-acme.sentinelone.net.', 'https://usea1-acme.sentinelone.net'],
    ['https://s1.corp.example:8443/x', 'https://s1.corp.example:8443'],
    ['10.20.30.40', 'https://10.20.30.40'],
    ['https://[2001:db8::1]/', 'https://[2001:db8::1]'],
  ])('%s → %s', (input, origin) => {
    expect(sentinelOneOrigin(input, production)).toBe(origin);
  });

  it.each([
    ['', 'empty'],
    ['  ""  ', 'empty'],
    ['a'.repeat(600), 'unreadable'],
    ['https://', 'unreadable'],
    ['https://intranet/', 'unreadable'],
    ['ftp://usea1-acme.sentinelone.net', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['https://me:secret@usea1-acme.sentinelone.net', 'credentials'],
    ['https://usea1-acme.sentinelone.net@evil.example', 'credentials'],
    ['console.sentinelone.net', 'generic-name'],
    ['https://www.sentinelone.com/login', 'generic-name'],
    ['https://acme.okta.com/app/sentinelone', 'sign-in-page'],
    ['https://login.microsoftonline.com/abc', 'sign-in-page'],
  ])('%s is refused: %s', (input, reason) => {
    expect(reasonOf(input)).toBe(reason);
  });
});

describe('G16: the address cannot point the console at itself or at the network of its cloud', () => {
  it.each([
    'http://169.254.169.254/latest',
    'https://0xA9FEA9FE',
    'https://2852039166',
    'https://[fe80::1]',
    'https://[::]',
    '0.0.0.0',
  ])('%s', (input) => {
    expect(reasonOf(input)).toBe('link-local');
    expect(reasonOf(input, development)).toBe('link-local');
  });
  it.each(['https://[::ffff:169.254.169.254]', 'https://[fd00:ec2::254]', 'https://metadata.google.internal'])(
    '%s',
    (input) => {
      expect(reasonOf(input)).toBe('link-local');
    },
  );
  it.each(['localhost', 'http://127.0.0.1:8080', 'https://127.1', 'https://[::1]:9', 'http://[::ffff:127.0.0.1]/'])(
    '%s only in development',
    (input) => {
      expect(reasonOf(input)).toBe('loopback');
      expect(reasonOf(input, development)).toMatch(/^accepted/);
    },
  );
  it('plain http stays plain only on loopback', () => {
    expect(sentinelOneOrigin('http://127.0.0.1:8080/x', development)).toBe('http://127.0.0.1:8080');
    expect(sentinelOneOrigin('http://10.0.0.1:8080/x', development)).toBe('https://10.0.0.1:8080');
  });
  it.each(['169.254.1.1', '::ffff:169.254.1.1', 'fe80::1', '224.0.0.1', 'ff02::1'])('resolved %s is refused', (one) => {
    expect(isForbiddenAddress(one)).toBe(true);
  });
  it.each(['10.0.0.1', '192.168.1.1', '8.8.8.8', '2001:db8::1', 'fd12:3456::1'])('resolved %s is not', (one) => {
    expect(isForbiddenAddress(one)).toBe(false);
  });
});

describe('whatever is pasted', () => {
  const pasted = fc.oneof(
    fc.string(),
    fc.webUrl(),
    fc.domain(),
    fc.ipV4(),
    fc.ipV6(),
    fc.webUrl().map((url) => ` "${url}"`),
  );

  it('is refused, or becomes an https origin that stands for itself', () => {
    fc.assert(
      fc.property(pasted, (input) => {
        const outcome = reasonOf(input);
        if (typeof outcome !== 'string' || !outcome.startsWith('accepted as ')) return;
        const origin = outcome.slice('accepted as '.length);
        expect(new URL(origin).origin).toBe(origin);
        expect(origin).toMatch(/^https:/);
        expect(sentinelOneOrigin(origin, production)).toBe(origin);
      }),
      { numRuns: 2000, seed: 20260115 },
    );
  });
});
