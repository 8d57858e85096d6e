import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operatorManagementRoutes } from '#console/api/operators.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { switchSecondFactor } from '#console/auth/switch-second-factor.ts';
import { openPage } from '#test/worlds/fleet/listening.ts';
import type { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { refusal } from '#test/worlds/fleet/operated.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { bob, clientSecret, startProvider, type RunningProvider } from '#test/worlds/sign-on/provider.ts';
import { Browser, password, redirectUrl, signingOnWorld, wanted } from '#test/worlds/sign-on/signing-on.ts';

let provider: RunningProvider;
let world: ConsoleWorld;
let ann: OperatorClient;

beforeEach(async () => {
  provider = await startProvider({ redirectUrl });
  ({ world, ann } = await signingOnWorld());
  await ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer) });
});
afterEach(async () => {
  await world.stop();
  await provider.stop();
});

const listed = async (name: string) =>
  (await ann.call(operatorManagementRoutes.list)).items.find((row) => row.name === name);

async function withRole(role: 'viewer' | 'operator' | 'admin'): Promise<{ browser: Browser; operatorId: string }> {
  const browser = new Browser(world);
  await browser.signIn(bob.sub);
  const operatorId = (await listed('bob'))?.operatorId ?? '';
  await ann.call(operatorManagementRoutes.change, { params: { operatorId }, body: { role, organisationIds: null } });
  expect(await browser.signIn(bob.sub)).toBe('/');
  return { browser, operatorId };
}

const audited = async (): Promise<string[]> =>
  (await world.store.read.selectFrom('audit').select('action').orderBy('number').execute()).map((row) => row.action);

describe('signing in by a real provider', () => {
  it('makes whoever is new wait for a role, and lets them in with the one that was given', async () => {
    const browser = new Browser(world);
    expect(await browser.look()).toEqual({ kind: 'signed-out', signOn: 'Bakery login' });
    expect(await browser.signIn(bob.sub)).toBe('/?sign-on=sign-on.no-role');
    expect(await browser.look()).toMatchObject({ kind: 'signed-out' });
    const waiting = await listed('bob');
    expect(waiting).toMatchObject({
      state: 'no-role',
      role: null,
      signOn: { name: 'bob', provider: new URL(provider.issuer).host },
      createdBy: 'single sign-on',
    });
    expect(await browser.signIn(bob.sub)).toBe('/?sign-on=sign-on.no-role');
    const organisationId = await world.organisation('Bakery');
    await world.organisation('Foundry');
    await ann.call(operatorManagementRoutes.change, {
      params: { operatorId: waiting?.operatorId ?? '' },
      body: { role: 'operator', organisationIds: [organisationId] },
    });
    expect(await browser.signIn(bob.sub)).toBe('/');
    expect(await browser.look()).toMatchObject({ kind: 'signed-in', via: 'sign-on', operator: { name: 'bob' } });
    const seen = (await browser.client.call(organisationRoutes.list)).items.map((row) => row.name);
    expect(seen).toEqual(['Bakery']);
    const actions = await audited();
    for (const action of [
      'settings.sign-on',
      'operator.asked-for-role',
      'operator.sign-on-refused',
      'operator.changed',
      'operator.signed-in',
    ])
      expect(actions).toContain(action);
  });

  it('G22: nobody comes in by a name or an address of e-mail, whatever the provider calls them', async () => {
    provider.accounts.set('impostor', { sub: 'impostor', preferred_username: 'ann', email: 'ann@bakery.example' });
    const browser = new Browser(world);
    expect(await browser.signIn('impostor')).toBe('/?sign-on=sign-on.no-role');
    expect(await listed('ann (2)')).toMatchObject({ state: 'no-role' });
    const { operatorId } = await withRole('admin');
    provider.accounts.set('other', { ...bob, sub: 'other' });
    browser.away.forget();
    expect(await browser.signIn('other')).toBe('/?sign-on=sign-on.no-role');
    expect(await listed('bob (2)')).toMatchObject({ state: 'no-role' });
    // Called otherwise, and still the same person.
    provider.accounts.set(bob.sub, { ...bob, preferred_username: 'robert', email: 'robert@bakery.example' });
    browser.away.forget();
    expect(await browser.signIn(bob.sub)).toBe('/');
    expect(await listed('bob')).toMatchObject({ operatorId, signOn: { name: 'robert' } });
  });

  it('G22: an answer of the provider works once, in the browser that asked, and not after ten minutes', async () => {
    await withRole('viewer');
    const victim = new Browser(world);
    const attacker = new Browser(world);
    const stolen = await attacker.away.signIn(await attacker.begin(), bob.sub);
    // Signing the victim in as the attacker: without a cookie, and with the cookie of a flow of its own.
    expect(await victim.comeBack(stolen, '')).toBe('/?sign-on=sign-on.flow-lost');
    const own = await victim.away.signIn(await victim.begin(), bob.sub);
    expect(await victim.comeBack(stolen)).toBe('/?sign-on=sign-on.flow-lost');
    expect(await victim.comeBack(own)).toBe('/');
    expect(await victim.comeBack(own)).toBe('/?sign-on=sign-on.flow-lost');
    const slow = await attacker.away.signIn(await attacker.begin(), bob.sub);
    await world.store.write((db) =>
      db
        .updateTable('sign_on_flows')
        .set({ started_at: Date.now() - 600_000 })
        .execute(),
    );
    expect(await attacker.comeBack(slow)).toBe('/?sign-on=sign-on.flow-lost');
  });

  it('G22: sends state, nonce and PKCE, and leads nowhere that was asked for from outside', async () => {
    const browser = new Browser(world);
    const url = new URL(await browser.begin());
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      redirect_uri: redirectUrl,
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(url.searchParams.get(name)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const back = `${await browser.away.signIn(url.href, bob.sub)}&return_to=https://elsewhere.example&location=//elsewhere`;
    expect(await browser.comeBack(back)).toBe('/?sign-on=sign-on.no-role');
    const row = await browser.client.raw(signOnRoutes.begin, { headers: { origin: 'https://elsewhere.example' } });
    expect([row.statusCode, row.json<{ code: string }>().code]).toEqual([403, 'auth.forbidden']);
  });

  it('tells what the provider refuses, and slows down whoever tries on and on', async () => {
    const browser = new Browser(world);
    const refused = async (more: string): Promise<string> => {
      const state = new URL(await browser.begin()).searchParams.get('state') ?? '';
      return browser.comeBack(`${redirectUrl}?state=${state}&iss=${encodeURIComponent(provider.issuer)}&${more}`);
    };
    expect(await refused('error=access_denied')).toBe('/?sign-on=sign-on.provider-refused');
    expect(await refused('code=made-up')).toBe('/?sign-on=sign-on.provider-refused');
    for (let tries = 0; tries < 48; tries += 1) await refused('error=access_denied');
    expect(await refusal(browser.client.call(signOnRoutes.begin))).toBe('429 rate-limited');
    expect(await refusal(OperatorClient.signedIn(world.operatorApp, 'ann', password))).toBe('no refusal');
  });

  it('finds a wrong client secret at the first sign-in, and says so', async () => {
    await ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer, { clientSecret: 'wrong' }) });
    expect(await new Browser(world).signIn(bob.sub)).toBe('/?sign-on=sign-on.client-refused');
    expect(await listed('bob')).toBeUndefined();
  });

  it('lets in only verified addresses of the domains that are set', async () => {
    await ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer, { mailDomains: ['bakery.example'] }) });
    const people = [
      { ...bob, sub: 'verified' },
      { ...bob, sub: 'unverified', email_verified: false },
      { ...bob, sub: 'elsewhere', email: 'bob@bakery.example.elsewhere.example' },
      { sub: 'without' },
    ];
    const places: string[] = [];
    for (const person of people) {
      provider.accounts.set(person.sub, person);
      places.push(await new Browser(world).signIn(person.sub));
    }
    expect(places).toEqual(['no-role', 'domain', 'domain', 'domain'].map((code) => `/?sign-on=sign-on.${code}`));
  });

  it('keeps so many waiting and no more', async () => {
    const row = await world.store.read.selectFrom('operators').selectAll().executeTakeFirstOrThrow();
    const crowd = Array.from({ length: 100 }, (_, index) => ({
      ...row,
      operator_id: `opr_${index}`,
      name: `n${index}`,
      name_folded: `n${index}`,
      role: 'none',
    }));
    await world.store.write((db) => db.insertInto('operators').values(crowd).execute());
    expect(await new Browser(world).signIn(bob.sub)).toBe('/?sign-on=sign-on.waiting-full');
    expect(await listed('bob')).toBeUndefined();
  });
});

describe('somebody who came by single sign-on', () => {
  it('has no password, set-up link or authenticator of ours', async () => {
    const { browser, operatorId } = await withRole('admin');
    const link = ann.call(operatorManagementRoutes.renewSetUpLink, { params: { operatorId } });
    expect(await refusal(link)).toBe('409 request.conflict');
    expect(await refusal(OperatorClient.signedIn(world.operatorApp, 'bob', ''))).toBe('400 request.invalid');
    expect(await refusal(OperatorClient.signedIn(world.operatorApp, 'bob', clientSecret))).toBe('401 auth.refused');
    const parts = { store: world.store, sealer: world.sealer, clock: world.side.clock };
    await expect(switchSecondFactor(parts, 'bob', true)).rejects.toMatchObject({ code: 'request.conflict' });
    expect((await browser.look()).kind).toBe('signed-in');
  });

  it('G23: is out at once when disabled or removed, and stays out', async () => {
    const { browser, operatorId } = await withRole('operator');
    const page = await openPage(world.operatorApp, { cookie: browser.client.cookie });
    const disable = (disabled: boolean) =>
      ann.call(operatorManagementRoutes.setDisabled, { params: { operatorId }, body: { disabled } });
    await disable(true);
    expect(await page.ended).toBe(true);
    expect(await refusal(browser.client.call(organisationRoutes.list))).toBe('401 auth.required');
    expect(await browser.signIn(bob.sub)).toBe('/?sign-on=sign-on.disabled');
    await disable(false);
    expect(await browser.signIn(bob.sub)).toBe('/');
    await ann.call(operatorManagementRoutes.remove, { params: { operatorId } });
    expect(await refusal(browser.client.call(organisationRoutes.list))).toBe('401 auth.required');
    expect(await browser.signIn(bob.sub)).toBe('/?sign-on=sign-on.no-role');
  });

  it('becomes a local account when the command line gives that name a password', async () => {
    const { browser } = await withRole('viewer');
    await world.administrator('bob', password);
    expect(await refusal(browser.client.call(organisationRoutes.list))).toBe('401 auth.required');
    browser.away.forget();
    expect(await browser.signIn(bob.sub)).toBe('/?sign-on=sign-on.no-role');
    expect(await listed('bob (2)')).toMatchObject({ state: 'no-role' });
    expect(await listed('bob')).toMatchObject({ state: 'active', signOn: null, role: 'admin' });
  });
});
