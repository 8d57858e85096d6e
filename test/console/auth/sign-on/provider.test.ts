import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operatorManagementRoutes } from '#console/api/operators.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { openPage } from '#test/worlds/fleet/listening.ts';
import type { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { refusal } from '#test/worlds/fleet/operated.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { ForgingProvider } from '#test/worlds/sign-on/forging.ts';
import { certificate } from '#test/worlds/receivers/mail.ts';
import { clientSecret } from '#test/worlds/sign-on/provider.ts';
import { Browser, password, redirectUrl, signingOnWorld, wanted } from '#test/worlds/sign-on/signing-on.ts';

let provider: ForgingProvider;
let world: ConsoleWorld;
let ann: OperatorClient;

beforeEach(async () => {
  provider = await ForgingProvider.start();
  ({ world, ann } = await signingOnWorld());
});
afterEach(async () => {
  await world.stop();
  await provider.stop();
});

const save = (more: Record<string, unknown> = {}) =>
  ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer, more) });
const whySaving = (more: Record<string, unknown> = {}) => refusal(save(more));

/** Signed in by the provider, with that role everywhere. */
async function signedOn(role: 'viewer' | 'admin'): Promise<OperatorClient> {
  const browser = new Browser(world);
  const come = async (): Promise<string> => {
    const { searchParams } = new URL(await browser.begin());
    provider.nonce = searchParams.get('nonce') ?? '';
    return browser.comeBack(`${redirectUrl}?code=any&state=${searchParams.get('state')}`);
  };
  await come();
  const { items } = await ann.call(operatorManagementRoutes.list);
  const operatorId = items.find((row) => row.name === 'forged')?.operatorId ?? '';
  await ann.call(operatorManagementRoutes.change, { params: { operatorId }, body: { role, organisationIds: null } });
  expect(await come()).toBe('/');
  await browser.look();
  return browser.client;
}

const isOut = async (client: OperatorClient): Promise<boolean> =>
  (await refusal(client.call(organisationRoutes.list))) === '401 auth.required';

describe('setting the provider', () => {
  it('G16: takes no address that leads back into this machine or into the network behind it', async () => {
    const addresses = [
      'http://login.bakery.example',
      'https://169.254.169.254/latest',
      'https://metadata.google.internal',
      'https://somebody:secret@login.bakery.example',
      'javascript:alert(1)',
      'login.bakery.example',
    ];
    for (const issuer of addresses)
      expect([issuer, await whySaving({ issuer })]).toEqual([issuer, '422 sign-on.address']);
    Object.assign(world.operatorSide.settings, { providerOnLoopback: false });
    for (const issuer of [provider.issuer, 'https://127.0.0.1', 'https://localhost', 'https://[::1]'])
      expect([issuer, await whySaving({ issuer })]).toEqual([issuer, '422 sign-on.address']);
    expect(provider.asked).toEqual([]);
  });

  it('G16: takes no description that names such an address, or one that a browser would run', async () => {
    for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'])
      for (const address of ['javascript:alert(1)', 'http://login.bakery.example/x', 'https://169.254.169.254/']) {
        provider.description = { [name]: address };
        expect([name, address, await whySaving()]).toEqual([name, address, '422 sign-on.address']);
      }
  });

  it('says what is wrong, each mistake by its own code', async () => {
    const answered = { status: 404, type: 'text/html', text: '<h1>Not found</h1>' };
    provider.instead = answered;
    expect(await whySaving()).toBe('422 sign-on.no-discovery');
    provider.instead = { ...answered, status: 200, type: 'application/json', text: '{"a":' };
    expect(await whySaving()).toBe('422 sign-on.no-discovery');
    provider.instead = { ...answered, status: 302 };
    expect(await whySaving()).toBe('422 sign-on.no-discovery');
    provider.instead = null;
    provider.description = { issuer: 'https://login.bakery.example/{tenantid}/v2.0' };
    expect(await whySaving()).toBe('422 sign-on.issuer-mismatch');
    expect(await whySaving({ issuer: `${provider.issuer}/other` })).toBe('422 sign-on.issuer-mismatch');
    for (const description of [
      { jwks_uri: undefined },
      { token_endpoint: undefined },
      { response_types_supported: ['id_token'] },
      { code_challenge_methods_supported: ['plain'] },
      { id_token_signing_alg_values_supported: ['HS256', 'none'] },
    ]) {
      provider.description = description;
      expect([description, await whySaving()]).toEqual([description, '422 sign-on.unsupported']);
    }
    provider.description = {};
    const { issuer } = provider;
    await provider.stop();
    expect(await refusal(ann.call(signOnRoutes.setProvider, { body: wanted(issuer) }))).toBe('422 sign-on.unreachable');
    expect((await ann.call(signOnRoutes.settings)).provider).toBeNull();
    provider = await ForgingProvider.start();
  });

  it('trusts an authority of its own when its certificate was pasted, and only then', async () => {
    const tls = certificate();
    const walled = await ForgingProvider.start(tls);
    const { issuer } = walled;
    expect(await whySaving({ issuer })).toBe('422 sign-on.untrusted');
    expect(await whySaving({ issuer, caPem: 'no certificate' })).toBe('400 request.invalid');
    expect(await whySaving({ issuer, caPem: tls.cert })).toBe('no refusal');
    await walled.stop();
  });

  it('takes the address of the description as well, and keeps the issuer as the provider spells it', async () => {
    provider.description = { issuer: `${provider.issuer}/` };
    const pasted = `${provider.issuer}/.well-known/openid-configuration`;
    expect((await save({ issuer: pasted })).provider?.issuer).toBe(`${provider.issuer}/`);
  });

  it('G20: keeps the client secret sealed, shows it nowhere, and gives a known one to no other provider', async () => {
    const saved = await save();
    expect(saved).toMatchObject({ redirectUrl, operators: 0, provider: { hasSecret: true, label: 'Bakery login' } });
    const tables = ['meta', 'audit', 'idempotency_keys'] as const;
    for (const table of tables)
      expect(JSON.stringify(await world.store.read.selectFrom(table).selectAll().execute())).not.toContain(
        clientSecret,
      );
    expect(JSON.stringify([saved, await ann.call(signOnRoutes.settings)])).not.toContain(clientSecret);
    expect(await whySaving({ clientSecret: null, label: 'Login' })).toBe('no refusal');
    const other = await ForgingProvider.start();
    expect(await whySaving({ clientSecret: null, issuer: other.issuer })).toBe('400 request.invalid');
    expect(await whySaving({ clientSecret: null, clientId: 'another' })).toBe('400 request.invalid');
    await other.stop();
  });

  it('G9: is for administrators of everything, confirmed, and never for API keys', async () => {
    const organisationId = await world.organisation('Bakery');
    const made = await ann.call(operatorManagementRoutes.create, {
      body: { name: 'bea', role: 'admin', organisationIds: [organisationId] },
    });
    await world.store.write((db) =>
      db.updateTable('operator_sessions').set({ operator_id: made.operator.operatorId }).execute(),
    );
    for (const row of [signOnRoutes.settings, signOnRoutes.removeProvider])
      expect(await refusal(ann.call(row))).toBe('403 auth.forbidden');
    expect(await whySaving()).toBe('403 auth.forbidden');
    for (const row of [signOnRoutes.setProvider, signOnRoutes.removeProvider])
      expect([row.fresh, row.person]).toEqual([true, true]);
  });
});

describe('a provider that goes', () => {
  it('G23: ends the sessions that came by it, and those alone', async () => {
    const changes = [
      async () => {
        await ann.call(signOnRoutes.removeProvider);
        await save();
      },
      () => save({ enabled: false }),
      () => save({ clientId: 'another' }),
    ];
    for (const change of changes) {
      await save();
      const person = await signedOn('viewer');
      const page = await openPage(world.operatorApp, { cookie: person.cookie });
      await change();
      expect(await page.ended).toBe(true);
      expect(await isOut(person)).toBe(true);
      expect(await isOut(ann)).toBe(false);
    }
  });

  it('G23: ends sign-ins that are under way', async () => {
    await save();
    const browser = new Browser(world);
    const { searchParams } = new URL(await browser.begin());
    provider.nonce = searchParams.get('nonce') ?? '';
    await save({ label: 'Another word' });
    const back = `${redirectUrl}?code=any&state=${searchParams.get('state')}`;
    expect(await browser.comeBack(back)).toBe('/?sign-on=sign-on.flow-lost');
    await save({ enabled: false });
    expect(await refusal(browser.client.call(signOnRoutes.begin))).toBe('422 sign-on.off');
    expect(await browser.look()).toEqual({ kind: 'signed-out', signOn: null });
  });

  it('can be switched off while it is down', async () => {
    await save();
    provider.instead = { status: 500, type: 'text/plain', text: 'down' };
    expect((await save({ enabled: false })).provider?.enabled).toBe(false);
    expect(await whySaving()).toBe('422 sign-on.no-discovery');
  });

  it('G23: is never the only way in', async () => {
    await save();
    const boss = await signedOn('admin');
    const body = wanted(provider.issuer, { enabled: false });
    await world.store.write((db) =>
      db.updateTable('operators').set({ disabled_at: 1 }).where('name', '=', 'ann').execute(),
    );
    expect(await refusal(boss.call(signOnRoutes.removeProvider))).toBe('403 auth.not-fresh');
    await world.store.write((db) => db.updateTable('operator_sessions').set({ fresh_at: Date.now() }).execute());
    expect(await refusal(boss.call(signOnRoutes.removeProvider))).toBe('422 sign-on.last-local');
    expect(await refusal(boss.call(signOnRoutes.setProvider, { body }))).toBe('422 sign-on.last-local');
    await world.administrator('ann', password);
    expect(await refusal(boss.call(signOnRoutes.setProvider, { body }))).toBe('no refusal');
    expect(await isOut(boss)).toBe(true);
  });

  it('G23: does not stand in for the last administrator with a password', async () => {
    await save();
    const boss = await signedOn('admin');
    await world.store.write((db) => db.updateTable('operator_sessions').set({ fresh_at: Date.now() }).execute());
    const { items } = await boss.call(operatorManagementRoutes.list);
    const local = items.find((row) => row.name === 'ann');
    expect(local?.fixed).toBe('last-administrator');
    const params = { operatorId: local?.operatorId ?? '' };
    expect(await refusal(boss.call(operatorManagementRoutes.remove, { params }))).toBe('409 request.conflict');
  });
});
