import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenExpectation } from '#installers/vendor.ts';
import { isTokenText, judgeSiteToken, readSiteToken } from '#installers/sentinelone/site-token.ts';
import { tokenOf } from '#test/installers/sentinelone/samples.ts';

const release = { hostSuffixes: ['sentinelone.net'], plainHttpLoopback: false };
const test = { hostSuffixes: ['127.0.0.1', 'localhost', 'sentinelone.test'], plainHttpLoopback: true };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const siteKey = '0a1b2c3d4e5f6789';
const host = 'server-101.sentinelone.net';
const expected: TokenExpectation = {
  consoleHost: host,
  siteKeySha256: sha256(siteKey),
  vendorHosts: [host, 'server-102.sentinelone.net'],
  sha256,
};
const token = (url = `https://${host}`, key = siteKey): string => tokenOf({ url, site_key: key });
const codeOf = (text: string, changes: Partial<TokenExpectation> = {}, rules = release): string => {
  const verdict = judgeSiteToken(text, { ...expected, ...changes }, rules);
  return verdict.ok ? 'ok' : verdict.code;
};

describe('G1: whose tenant a site token gives the endpoint to', () => {
  it('accepts the assigned site of a pinned console', () => {
    expect(judgeSiteToken(token(), expected, release)).toEqual({
      ok: true,
      consoleHost: host,
      siteKeySha256: sha256(siteKey),
    });
  });

  it.each([
    ['another tenant', 'https://evil.sentinelone.net'],
    ['a host that only ends alike', `https://x${host}`],
    ['a host that only begins alike', `https://${host}.evil.net`],
    ['another port of a pinned host', `https://${host}:8443`],
  ])('refuses %s', (_name, url) => {
    expect(codeOf(token(url))).toBe('token.tenant-not-pinned');
  });

  it('refuses a host outside the compiled names even when the console pinned it', () => {
    expect(codeOf(token('https://evil.net'), { vendorHosts: ['evil.net'], consoleHost: 'evil.net' })).toBe(
      'token.tenant-not-pinned',
    );
    const glued = 'evilsentinelone.net';
    expect(codeOf(token(`https://${glued}`), { vendorHosts: [glued], consoleHost: glued })).toBe(
      'token.tenant-not-pinned',
    );
  });

  it('refuses another pinned console than the assigned one, and another site of it', () => {
    expect(codeOf(token('https://server-102.sentinelone.net'))).toBe('token.site-mismatch');
    expect(codeOf(token(undefined, 'ffffffffffffffff'))).toBe('token.site-mismatch');
  });

  it('compares hosts without case and without the default port', () => {
    expect(codeOf(token('https://SERVER-101.SentinelOne.net:443/'), { vendorHosts: [`${host}:443`] })).toBe('ok');
  });

  it('refuses everything when nothing is pinned', () => {
    expect(codeOf(token(), { vendorHosts: [] })).toBe('token.tenant-not-pinned');
  });

  it('speaks plain http to loopback only, and only in a test build', () => {
    const local = { vendorHosts: ['127.0.0.1:8080'], consoleHost: '127.0.0.1:8080' };
    expect(codeOf(token('http://127.0.0.1:8080'), local, test)).toBe('ok');
    expect(codeOf(token('http://127.0.0.1:8080'), local, release)).toBe('token.malformed');
    const other = { vendorHosts: ['a.sentinelone.test'], consoleHost: 'a.sentinelone.test' };
    expect(codeOf(token('http://a.sentinelone.test'), other, test)).toBe('token.malformed');
    expect(codeOf(token(`http://${host}`))).toBe('token.malformed');
  });
});

describe('reading a site token', () => {
  it.each([
    ['', 'empty'],
    ['1234567890123456789', 'site-id'],
    ['0a1b2c3d4e5f6789', 'site-key'],
    ['g_0a1b2c3d4e5f6789', 'site-key'],
    ['a1B2'.repeat(20), 'api-token'],
    ['eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln', 'api-token'],
    [`"${token()}"`, 'quoted'],
    [`${token()}\n`, 'quoted'],
    ['not*base64', 'not-base64'],
    [tokenOf('hello world!'), 'other-content'],
    [tokenOf([1]), 'other-content'],
    [tokenOf({ url: 'https://x.sentinelone.net' }), 'other-content'],
    [tokenOf({ url: 'ftp://x.sentinelone.net', site_key: 'a' }), 'other-content'],
    [tokenOf({ url: 'https://user@x.sentinelone.net', site_key: 'a' }), 'other-content'],
    [tokenOf({ url: 'https://x.sentinelone.net/other', site_key: 'a' }), 'other-content'],
    [tokenOf({ url: 'https://x.sentinelone.net?q', site_key: 'a' }), 'other-content'],
    [tokenOf({ url: 'https://x.sentinelone.net', site_key: 'a b' }), 'other-content'],
    [tokenOf(`{"url":"https://a.sentinelone.net","url":"https://b.sentinelone.net","site_key":"a"}`), 'other-content'],
  ])('names the mistake in %j', (text, mistake) => {
    expect(readSiteToken(text)).toMatchObject({ ok: false, mistake });
  });

  it('accepts group keys and missing padding', () => {
    expect(readSiteToken(token(undefined, 'g_0a1b2c3d4e5f6789'))).toMatchObject({
      ok: true,
      siteKey: 'g_0a1b2c3d4e5f6789',
    });
    expect(readSiteToken(token().replaceAll('=', ''))).toMatchObject({ ok: true, consoleHost: host });
  });

  it('never throws, never says ok without a pinned host, never repeats the text', () => {
    const anyText = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map(tokenOf),
      fc.webUrl().map((url) => token(url)),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const verdict = judgeSiteToken(text, expected, release);
        expect(verdict.ok).toBe(false);
        if (!verdict.ok && text.length > 20) expect(verdict.detail).not.toContain(text);
      }),
    );
  });

  it('G5: keeps to the base64 alphabet', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (text) => {
        if (isTokenText(text)) expect(text).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
      }),
    );
    expect(isTokenText('A'.repeat(5000))).toBe(false);
  });
});
