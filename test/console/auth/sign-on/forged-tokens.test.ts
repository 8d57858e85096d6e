import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signOnRoutes } from '#console/api/sign-on.ts';
import type { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import type { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { ForgingProvider, type Forged } from '#test/worlds/sign-on/forging.ts';
import { clientId } from '#test/worlds/sign-on/provider.ts';
import { Browser, redirectUrl, signingOnWorld, wanted } from '#test/worlds/sign-on/signing-on.ts';

let provider: ForgingProvider;
let world: ConsoleWorld;
let ann: OperatorClient;

beforeAll(async () => {
  provider = await ForgingProvider.start();
  ({ world, ann } = await signingOnWorld());
  await ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer) });
});
beforeEach(() => Object.assign(provider, { forged: {}, tokenAnswer: null }));
afterAll(async () => {
  await world.stop();
  await provider.stop();
});

/** The code, and what else the provider would send along. */
async function comeBack(more: Record<string, string> = {}): Promise<string> {
  const browser = new Browser(world);
  const { searchParams: asked } = new URL(await browser.begin());
  provider.nonce = asked.get('nonce') ?? '';
  const back = new URLSearchParams({ code: 'any', state: asked.get('state') ?? '', ...more });
  return browser.comeBack(`${redirectUrl}?${back}`);
}

async function lastWhy(): Promise<unknown> {
  const row = await world.store.read
    .selectFrom('audit')
    .select(['action', 'detail'])
    .orderBy('number', 'desc')
    .executeTakeFirstOrThrow();
  return row.action === 'operator.sign-on-refused' ? (JSON.parse(row.detail) as { why: string }).why : row.action;
}

const seconds = (): number => Math.floor(Date.now() / 1000);

const forgeries: [what: string, forged: Forged, why: RegExp][] = [
  ['another issuer', { claims: { iss: 'https://elsewhere.example' } }, /\(iss\)/],
  ['another audience', { claims: { aud: 'another-client' } }, /\(aud\)/],
  ['more audiences, of whom none is said to be meant', { claims: { aud: [clientId, 'another-client'] } }, /\(aud\)/],
  ['more audiences, another one meant', { claims: { aud: [clientId, 'x'], azp: 'x' } }, /\(azp\)/],
  ['one audience, another one meant', { claims: { azp: 'another-client' } }, /\(azp\)/],
  ['another nonce', { claims: { nonce: 'of another sign-in' } }, /\(nonce\)/],
  ['no nonce', { claims: { nonce: undefined } }, /nonce|not as it should be/],
  ['its time over', { claims: { iat: seconds() - 900, exp: seconds() - 600 } }, /expired/],
  ['its time not come', { claims: { nbf: seconds() + 600 } }, /not valid yet/],
  ['no end', { claims: { exp: undefined } }, /not as it should be/],
  ['no subject', { claims: { sub: undefined } }, /not as it should be/],
  ['an empty subject', { claims: { sub: '' } }, /sub/],
  ['a subject that is no text', { claims: { sub: 7 } }, /not as it should be/],
  ['no signature (alg none)', { header: { alg: 'none' }, signedBy: 'nobody' }, /not as it should be/],
  ['a signature cut off', { signedBy: 'nobody' }, /signature/],
  [
    'the public key as a shared secret (HS256)',
    { header: { alg: 'HS256' }, signedBy: 'public key as secret' },
    /not as it should be/,
  ],
  ['the signature of another key', { signedBy: 'another key' }, /signature/],
  ['a key that the provider does not publish', { header: { kid: 'second' }, signedBy: 'another key' }, /no key/],
  ['an extension that must be understood', { header: { crit: ['x'], x: 1 } }, /not accepted/],
];

describe('an ID token', () => {
  it('that holds is believed, so that each of the others is refused for its one flaw', async () => {
    expect(await comeBack()).toBe('/?sign-on=sign-on.no-role');
    expect(await lastWhy()).toBe('operator.asked-for-role');
  });

  it.each(forgeries)('G22: with %s lets nobody in', async (_what, forged, why) => {
    provider.forged = forged;
    expect(await comeBack()).toBe('/?sign-on=sign-on.token-refused');
    expect(await lastWhy()).toMatch(why);
    const people = await world.store.read.selectFrom('operator_identities').select('subject').execute();
    expect(people.map((row) => row.subject)).toEqual(['forged-person']);
  });

  it('G22: is asked for only at the provider that began it (mix-up)', async () => {
    provider.asked.splice(0);
    expect(await comeBack({ iss: 'https://elsewhere.example' })).toBe('/?sign-on=sign-on.token-refused');
    expect(provider.asked).not.toContain('/token');
  });

  it('is never missing, and no error of the provider stands in for it', async () => {
    provider.tokenAnswer = { status: 200, body: { access_token: 'any', token_type: 'Bearer' } };
    expect(await comeBack()).toBe('/?sign-on=sign-on.token-refused');
    provider.tokenAnswer = { status: 400, body: { error: 'invalid_grant' } };
    expect(await comeBack()).toBe('/?sign-on=sign-on.provider-refused');
    provider.tokenAnswer = { status: 401, body: { error: 'invalid_client' } };
    expect(await comeBack()).toBe('/?sign-on=sign-on.client-refused');
    provider.tokenAnswer = { status: 400, body: { error: '<script>alert(1)</script>' } };
    expect(await comeBack()).toBe('/?sign-on=sign-on.provider-refused');
    expect(await lastWhy()).toBe('the provider says an error without a known name');
    provider.tokenAnswer = { status: 200, body: { filler: 'x'.repeat(600_000) } };
    expect(await comeBack()).toBe('/?sign-on=sign-on.unreachable');
  });
});
