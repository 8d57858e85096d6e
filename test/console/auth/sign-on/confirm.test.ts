import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountRoutes } from '#console/api/account.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { operatorManagementRoutes } from '#console/api/operators.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { signOnRoutes } from '#console/api/sign-on.ts';
import type { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { refusal } from '#test/worlds/fleet/operated.ts';
import type { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { ForgingProvider } from '#test/worlds/sign-on/forging.ts';
import { bob, startProvider } from '#test/worlds/sign-on/provider.ts';
import { Browser, password, redirectUrl, signingOnWorld, wanted } from '#test/worlds/sign-on/signing-on.ts';

let world: ConsoleWorld;
let ann: OperatorClient;
let organisationId: string;
const running: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  ({ world, ann } = await signingOnWorld());
  organisationId = await world.organisation('Bakery');
});
afterEach(async () => {
  await world.stop();
  for (const one of running.splice(0)) await one.stop();
});

const make = (client: OperatorClient) => refusal(client.call(enrolmentKeyRoutes.create, { body: { organisationId } }));

async function giveRole(name: string): Promise<void> {
  const { items } = await ann.call(operatorManagementRoutes.list);
  const operatorId = items.find((row) => row.name === name)?.operatorId ?? '';
  await ann.call(operatorManagementRoutes.change, {
    params: { operatorId },
    body: { role: 'admin', organisationIds: null },
  });
}

describe('proving once more to be the person, by a real provider', () => {
  it('G22: the provider asks again, and only then doors open', async () => {
    const provider = await startProvider({ redirectUrl });
    running.push(provider);
    await ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer) });
    const browser = new Browser(world);
    await browser.signIn(bob.sub);
    await giveRole('bob');
    expect(await browser.signIn(bob.sub)).toBe('/');
    // This provider does not say when, unless it is asked to.
    expect(await make(browser.client)).toBe('403 auth.not-fresh');
    expect(await refusal(browser.client.call(sessionRoutes.confirm, { body: { password } }))).toBe('401 auth.refused');
    const url = new URL(await browser.begin(signOnRoutes.confirm));
    expect([url.searchParams.get('prompt'), url.searchParams.get('max_age')]).toEqual(['login', '0']);
    expect(await browser.comeBack(await browser.away.signIn(url.href, bob.sub))).toBe('/confirmed');
    expect(await make(browser.client)).toBe('no refusal');
    expect(await refusal(browser.client.call(accountRoutes.offerSecondFactor))).toBe('409 request.conflict');
  });
});

describe('a confirmation', () => {
  let provider: ForgingProvider;
  let browser: Browser;
  const seconds = (): number => Math.floor(Date.now() / 1000);

  beforeEach(async () => {
    provider = await ForgingProvider.start();
    running.push(provider);
    await ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer) });
    browser = new Browser(world);
    await come(signOnRoutes.begin);
    await giveRole('forged');
    expect(await come(signOnRoutes.begin)).toBe('/');
    await browser.look();
  });

  async function come(row: typeof signOnRoutes.begin | typeof signOnRoutes.confirm, claims = {}): Promise<string> {
    provider.forged = { claims };
    const { searchParams } = new URL(await browser.begin(row));
    provider.nonce = searchParams.get('nonce') ?? '';
    return browser.comeBack(`${redirectUrl}?code=any&state=${searchParams.get('state')}`);
  }

  it('G22: needs the time of a sign-in that came after it was asked for', async () => {
    expect(await come(signOnRoutes.confirm)).toBe('/confirmed?sign-on=sign-on.not-fresh');
    expect(await come(signOnRoutes.confirm, { auth_time: seconds() - 120 })).toBe(
      '/confirmed?sign-on=sign-on.not-fresh',
    );
    expect(await come(signOnRoutes.confirm, { auth_time: 'now' })).toBe('/confirmed?sign-on=sign-on.token-refused');
    expect(await make(browser.client)).toBe('403 auth.not-fresh');
    expect(await come(signOnRoutes.confirm, { auth_time: seconds() })).toBe('/confirmed');
    expect(await make(browser.client)).toBe('no refusal');
  });

  it('G22: counts from when the person proved it, also at sign-in, and never from a time to come', async () => {
    const freshAt = async (): Promise<number> =>
      (
        await world.store.read
          .selectFrom('operator_sessions')
          .select('fresh_at')
          .where('via', '=', 'sign-on')
          .orderBy('created_at', 'desc')
          .executeTakeFirstOrThrow()
      ).fresh_at;
    const proved = seconds() - 500;
    expect(await come(signOnRoutes.begin, { auth_time: proved })).toBe('/');
    expect(await freshAt()).toBe(proved * 1000);
    expect(await come(signOnRoutes.begin, { auth_time: seconds() + 5_000 })).toBe('/');
    expect(await freshAt()).toBeLessThanOrEqual(Date.now());
  });

  it('G22: is of the person at the session, and of no other session', async () => {
    const other = { auth_time: seconds(), sub: 'somebody-else', preferred_username: 'somebody' };
    expect(await come(signOnRoutes.confirm, other)).toBe('/confirmed?sign-on=sign-on.other-person');
    expect(await make(browser.client)).toBe('403 auth.not-fresh');
    const { items } = await ann.call(operatorManagementRoutes.list);
    expect(items.some((row) => row.name === 'somebody')).toBe(false);
    const second = new Browser(world);
    const { cookie } = browser.client;
    expect(await come(signOnRoutes.begin)).toBe('/');
    await browser.look();
    expect(await come(signOnRoutes.confirm, { auth_time: seconds() })).toBe('/confirmed');
    second.client.cookie = cookie;
    await second.look();
    expect(await make(browser.client)).toBe('no refusal');
    expect(await make(second.client)).toBe('403 auth.not-fresh');
  });

  it('does not bring back a session that has ended', async () => {
    provider.forged = { claims: { auth_time: seconds() } };
    const { searchParams } = new URL(await browser.begin(signOnRoutes.confirm));
    provider.nonce = searchParams.get('nonce') ?? '';
    await browser.client.call(sessionRoutes.signOut);
    const back = `${redirectUrl}?code=any&state=${searchParams.get('state')}`;
    expect(await browser.comeBack(back)).toBe('/confirmed?sign-on=auth.required');
    expect((await browser.look()).kind).toBe('signed-out');
  });
});
