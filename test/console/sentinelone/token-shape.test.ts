import { describe, expect, it } from 'vitest';
import { readApiToken, tokenShape } from '#console/sentinelone/token-shape.ts';
import { newTokenValue, registrationToken } from '#test/worlds/sentinelone/tenant.ts';

function base64Url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const expiry = Date.UTC(2027, 0, 1);
const jwt = [
  base64Url({ kid: 'ap-1', alg: 'ES256' }),
  base64Url({ sub: 'serviceuser-1@mgmt-1', iss: 'authn-eu-prod', exp: expiry / 1000 }),
  'x'.repeat(86),
].join('.');
const legacy = newTokenValue();

describe('an API token is recognised by its form before it is sent anywhere', () => {
  it('knows the old form and the JWT, which carries its own expiry', () => {
    expect(tokenShape(legacy)).toEqual({ kind: 'api-token-legacy' });
    expect(tokenShape(jwt)).toEqual({ kind: 'api-token-jwt', expiresAtMs: expiry });
  });

  it.each([
    ['blanks and a newline', `  ${legacy}\r\n`, legacy],
    ['quotes', `"${legacy}"`, legacy],
    ['the header it was used in', `Authorization: ApiToken ${jwt}`, jwt],
    ['a line break in the middle', `${jwt.slice(0, 60)}\n${jwt.slice(60)}`, jwt],
  ])('takes off %s', (_what, pasted, apiToken) => {
    expect(readApiToken(pasted).apiToken).toBe(apiToken);
  });

  it.each([
    ['the third part missing', jwt.slice(0, jwt.lastIndexOf('.'))],
    ['a cut in the signature', jwt.slice(0, -10)],
    ['a cut in the claims', jwt.slice(0, 70)],
    ['only the header', jwt.slice(0, jwt.indexOf('.'))],
    ['an old token without its end', legacy.slice(0, 71)],
  ])('a truncated paste is named: %s', (_what, pasted) => {
    expect(tokenShape(pasted)).toEqual({ kind: 'api-token-cut-off' });
  });

  it.each([
    ['1893456781234500017', 'site-id'],
    [registrationToken('https://usea1-acme.sentinelone.net', 'g_0011223344556677'), 'site-token'],
    ['', 'empty'],
    ['hunter2', 'unknown'],
  ])('%s is not an API token but %s', (pasted, kind) => {
    expect(tokenShape(pasted).kind).toBe(kind);
    expect(() => readApiToken(pasted)).toThrow(
      expect.objectContaining({ code: 'sentinelone.token-shape', context: { looksLike: kind } }),
    );
  });

  it('never repeats what was pasted in what it throws', () => {
    expect(() => readApiToken(legacy.slice(0, 60))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(legacy.slice(0, 20)) }),
    );
  });
});
