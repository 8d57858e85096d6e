import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret, TOTP } from 'otpauth';
import { accountRoutes } from '#console/api/account.ts';
import { operatorManagementRoutes, setUpRoutes } from '#console/api/operators.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { verifyAudit } from '#console/store/audit/audit-chain.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { openPage } from '#test/worlds/fleet/listening.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { refusal } from '#test/worlds/fleet/operated.ts';

const password = 'correct horse battery';
const other = 'another horse battery';
const hour = 3_600_000;

let world: ConsoleWorld;
let ann: OperatorClient;

beforeEach(async () => {
  world = await ConsoleWorld.start();
  await world.administrator('ann', password);
  ann = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
});
afterEach(() => world.stop());

type Grant = { role: 'viewer' | 'operator' | 'admin'; organisationIds: string[] | null };
const everything = (role: Grant['role']): Grant => ({ role, organisationIds: null });

async function invited(name: string, grant: Grant, by = ann): Promise<{ operatorId: string; secret: string }> {
  const made = await by.call(operatorManagementRoutes.create, { body: { name, ...grant } });
  const url = new URL(made.link);
  expect(`${url.origin}${url.pathname}`).toBe('http://127.0.0.1:8441/set-up');
  return { operatorId: made.operator.operatorId, secret: url.hash.slice(1) };
}

async function operator(name: string, grant: Grant, by = ann): Promise<{ operatorId: string; client: OperatorClient }> {
  const { operatorId, secret } = await invited(name, grant, by);
  const client = new OperatorClient(world.operatorApp);
  await client.call(setUpRoutes.choosePassword, { body: { secret, password } });
  await client.signIn(name, password);
  return { operatorId, client };
}

const stateOf = async (name: string): Promise<string | undefined> =>
  (await ann.call(operatorManagementRoutes.list)).items.find((row) => row.name === name)?.state;

describe('making operators', () => {
  it('G22: a set-up link is single-use, expires, and stands for nobody else', async () => {
    const { secret } = await invited('otto', everything('operator'));
    const nobody = new OperatorClient(world.operatorApp);
    expect(await stateOf('otto')).toBe('invited');
    expect(await refusal(nobody.signIn('otto', ''))).toBe('400 request.invalid');
    expect(await refusal(nobody.call(setUpRoutes.look, { body: { secret: 'guess' } }))).toBe('403 auth.forbidden');
    expect(await nobody.call(setUpRoutes.look, { body: { secret } })).toMatchObject({ name: 'otto' });
    const choose = (chosen: string) =>
      refusal(nobody.call(setUpRoutes.choosePassword, { body: { secret, password: chosen } }));
    expect(await choose('too short')).toBe('400 request.invalid');
    expect(await choose(password)).toBe('no refusal');
    expect(await choose(other)).toBe('403 auth.forbidden');
    await nobody.signIn('otto', password);
    expect(await stateOf('otto')).toBe('active');
    const late = await invited('lena', everything('viewer'));
    world.nowMs += 72 * hour;
    const tooLate = nobody.call(setUpRoutes.choosePassword, { body: { secret: late.secret, password } });
    expect(await refusal(tooLate)).toBe('403 auth.forbidden');
  });

  it('keeps no secret of a link and no password in the database', async () => {
    const { secret } = await invited('otto', everything('operator'));
    const rows = JSON.stringify(await world.store.read.selectFrom('operators').selectAll().execute());
    expect(rows).not.toContain(secret);
    const audit = JSON.stringify(await world.store.read.selectFrom('audit').selectAll().execute());
    expect(audit).toContain('operator.made');
    expect(audit).not.toContain(secret);
  });

  it('takes a name once, whatever its case, and no name that deceives', async () => {
    await invited('otto', everything('operator'));
    const make = (name: string) =>
      refusal(ann.call(operatorManagementRoutes.create, { body: { name, ...everything('viewer') } }));
    expect(await make('OTTO')).toBe('409 request.conflict');
    expect(await make('an\u202Eotto')).toBe('400 request.invalid');
    expect(await make('x'.repeat(101))).toBe('400 request.invalid');
  });

  it('G9: who is limited to organisations makes and manages nobody beyond them', async () => {
    const [bakery, foundry] = [await world.organisation('Bakery'), await world.organisation('Foundry')];
    const { client: bea } = await operator('bea', { role: 'admin', organisationIds: [bakery] });
    const { operatorId: fritz } = await operator('fritz', { role: 'viewer', organisationIds: [foundry] });
    const { operatorId: gina } = await operator('gina', everything('viewer'));
    const make = (grant: Grant) =>
      refusal(bea.call(operatorManagementRoutes.create, { body: { name: 'new', ...grant } }));
    expect(await make(everything('viewer'))).toBe('404 not-found');
    expect(await make({ role: 'viewer', organisationIds: [bakery, foundry] })).toBe('404 not-found');
    expect(await make({ role: 'admin', organisationIds: [bakery] })).toBe('no refusal');
    const seen = (await bea.call(operatorManagementRoutes.list)).items.map((row) => row.name);
    expect(seen.toSorted()).toEqual(['bea', 'new']);
    for (const operatorId of [fritz, gina, 'opr_missing']) {
      const asked = { params: { operatorId }, body: { disabled: true } };
      expect(await refusal(bea.call(operatorManagementRoutes.setDisabled, asked))).toBe('404 not-found');
    }
    const sessions = (await bea.call(accountRoutes.sessions, { query: { everybody: 'true' } })).items;
    expect(new Set(sessions.map((row) => row.operatorName))).toEqual(new Set(['bea']));
  });
});

describe('rights that change', () => {
  it('G23: another role, disabling and removal end sessions and open pages at once', async () => {
    const changes = [
      (operatorId: string) =>
        ann.call(operatorManagementRoutes.change, { params: { operatorId }, body: everything('viewer') }),
      (operatorId: string) =>
        ann.call(operatorManagementRoutes.setDisabled, { params: { operatorId }, body: { disabled: true } }),
      (operatorId: string) => ann.call(operatorManagementRoutes.remove, { params: { operatorId } }),
    ];
    for (const [index, change] of changes.entries()) {
      const { operatorId, client } = await operator(`otto${index}`, everything('operator'));
      const page = await openPage(world.operatorApp, { cookie: client.cookie });
      await change(operatorId);
      expect(await page.ended).toBe(true);
      expect(await refusal(client.call(organisationRoutes.list))).toBe('401 auth.required');
    }
  });

  it('G23: signing out ends the pages of that session and of no other', async () => {
    const { client: first } = await operator('otto', everything('operator'));
    const second = await OperatorClient.signedIn(world.operatorApp, 'otto', password);
    const closing = await openPage(world.operatorApp, { cookie: first.cookie });
    const staying = await openPage(world.operatorApp, { cookie: second.cookie });
    await first.call(sessionRoutes.signOut);
    expect(await closing.ended).toBe(true);
    const stays = await Promise.race([staying.ended, new Promise((done) => setTimeout(done, 200, 'open'))]);
    expect(stays).toBe('open');
    staying.close();
    await staying.ended.catch(() => undefined);
  });

  it('leaves somebody who can administrate everything, also when two act against each other', async () => {
    const { operatorId: bobId, client: bob } = await operator('bob', everything('admin'));
    const annId = (await ann.call(operatorManagementRoutes.list)).items.find((row) => row.name === 'ann')?.operatorId;
    const own = { params: { operatorId: annId ?? '' }, body: everything('viewer') };
    expect(await refusal(ann.call(operatorManagementRoutes.change, own))).toBe('409 request.conflict');
    const outcomes = await Promise.all([
      refusal(ann.call(operatorManagementRoutes.remove, { params: { operatorId: bobId } })),
      refusal(bob.call(operatorManagementRoutes.remove, { params: { operatorId: annId ?? '' } })),
    ]);
    expect(outcomes.filter((one) => one === 'no refusal')).toHaveLength(1);
    const left = await world.store.read
      .selectFrom('operators')
      .select('name')
      .where('role', '=', 'admin')
      .where('removed_at', 'is', null)
      .execute();
    expect(left).toHaveLength(1);
  });

  it('frees the name of a removed operator, who does not come back with it', async () => {
    const { operatorId } = await operator('otto', everything('operator'));
    await ann.call(operatorManagementRoutes.remove, { params: { operatorId } });
    await operator('otto', everything('viewer'));
    const rows = (await ann.call(operatorManagementRoutes.list)).items.filter((row) => row.name === 'otto');
    expect(rows.map((row) => row.role)).toEqual(['viewer']);
    expect(rows[0]?.operatorId).not.toBe(operatorId);
    const again = { params: { operatorId }, body: { disabled: false } };
    expect(await refusal(ann.call(operatorManagementRoutes.setDisabled, again))).toBe('404 not-found');
  });

  it('lets a disabled operator in again only when somebody allows it', async () => {
    const { operatorId, client } = await operator('otto', everything('operator'));
    const set = (disabled: boolean) =>
      ann.call(operatorManagementRoutes.setDisabled, { params: { operatorId }, body: { disabled } });
    await set(true);
    expect(await refusal(client.signIn('otto', password))).toBe('401 auth.refused');
    expect(await refusal(ann.call(operatorManagementRoutes.renewSetUpLink, { params: { operatorId } }))).toBe(
      '409 request.conflict',
    );
    await set(false);
    expect(await refusal(client.signIn('otto', password))).toBe('no refusal');
  });
});

describe("one's own account", () => {
  it('changes the password against the one of now, and ends the other sessions', async () => {
    const elsewhere = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
    const change = (now: string) =>
      ann.raw(accountRoutes.changePassword, { body: { password: now, newPassword: other } });
    expect((await change('wrong password')).statusCode).toBe(401);
    expect((await change(password)).json()).toEqual({ kind: 'changed' });
    expect(await refusal(elsewhere.call(organisationRoutes.list))).toBe('401 auth.required');
    expect(await refusal(ann.call(organisationRoutes.list))).toBe('no refusal');
    expect(await refusal(elsewhere.signIn('ann', password))).toBe('401 auth.refused');
    expect(await refusal(elsewhere.signIn('ann', other))).toBe('no refusal');
  });

  it('lists sessions with where they come from, and ends one of them', async () => {
    const { client: otto } = await operator('otto', everything('viewer'));
    await OperatorClient.signedIn(world.operatorApp, 'otto', password);
    const [one, two] = (await otto.call(accountRoutes.sessions)).items;
    expect(new Set([one?.current, two?.current])).toEqual(new Set([false, true]));
    expect(one).toMatchObject({ operatorName: 'otto', address: '127.0.0.1', via: 'password' });
    const annsOwn = (await ann.call(accountRoutes.sessions)).items[0]?.sessionId ?? '';
    expect(await refusal(otto.call(accountRoutes.endSession, { params: { sessionId: annsOwn } }))).toBe(
      '404 not-found',
    );
    const current = one?.current === true ? one.sessionId : (two?.sessionId ?? '');
    await ann.call(accountRoutes.endSession, { params: { sessionId: current } });
    expect(await refusal(otto.call(accountRoutes.sessions))).toBe('401 auth.required');
  });

  it('sets up an authenticator only once a code of it was seen', async () => {
    const offered = await ann.call(accountRoutes.offerSecondFactor);
    const code = (): string =>
      new TOTP({ secret: Secret.fromBase32(offered.secret) }).generate({ timestamp: world.nowMs });
    expect((await ann.call(accountRoutes.read)).secondFactor).toBe(false);
    expect(await refusal(ann.call(accountRoutes.proveSecondFactor, { body: { code: '000000' } }))).toBe(
      '401 auth.refused',
    );
    const { recoveryCodes } = await ann.call(accountRoutes.proveSecondFactor, { body: { code: code() } });
    expect(new Set(recoveryCodes).size).toBe(10);
    const fresh = new OperatorClient(world.operatorApp);
    await expect(fresh.signIn('ann', password)).rejects.toThrow('code-required');
    expect(await refusal(fresh.signIn('ann', password, code()))).toBe('401 auth.refused');
    world.nowMs += 30_000;
    expect(await refusal(fresh.signIn('ann', password, code()))).toBe('no refusal');
  });

  it('G22: ten recovery codes let in once each, and are nowhere in the database', async () => {
    const offered = await ann.call(accountRoutes.offerSecondFactor);
    const code = new TOTP({ secret: Secret.fromBase32(offered.secret) }).generate({ timestamp: world.nowMs });
    const { recoveryCodes } = await ann.call(accountRoutes.proveSecondFactor, { body: { code } });
    const [first = '', second = ''] = recoveryCodes;
    const stored = JSON.stringify(await world.store.read.selectFrom('recovery_codes').selectAll().execute());
    expect(recoveryCodes.filter((one) => stored.includes(one))).toEqual([]);
    const client = new OperatorClient(world.operatorApp);
    expect(await refusal(client.signIn('ann', password, first.toUpperCase()))).toBe('no refusal');
    expect(await refusal(client.signIn('ann', password, first))).toBe('401 auth.refused');
    const twice = await Promise.all([1, 2].map(() => refusal(client.signIn('ann', password, second))));
    expect(twice.toSorted()).toEqual(['401 auth.refused', 'no refusal']);
    expect((await client.call(accountRoutes.read)).recoveryCodesLeft).toBe(8);
    const renewed = await client.call(accountRoutes.renewRecoveryCodes);
    expect(await refusal(client.signIn('ann', password, recoveryCodes[5]))).toBe('401 auth.refused');
    expect(await refusal(client.signIn('ann', password, renewed.recoveryCodes[5]))).toBe('no refusal');
  });

  it('is helped by an administrator after a lost telephone, whose set-up link alone never passes an authenticator', async () => {
    const { operatorId, client: otto } = await operator('otto', everything('operator'));
    const offered = await otto.call(accountRoutes.offerSecondFactor);
    const code = new TOTP({ secret: Secret.fromBase32(offered.secret) }).generate({ timestamp: world.nowMs });
    await otto.call(accountRoutes.proveSecondFactor, { body: { code } });
    const renewed = await ann.call(operatorManagementRoutes.renewSetUpLink, { params: { operatorId } });
    const secret = new URL(renewed.link).hash.slice(1);
    const chosen = await otto.raw(setUpRoutes.choosePassword, { body: { secret, password: other } });
    expect(chosen.json()).toEqual({ kind: 'code-required' });
    expect(chosen.cookies).toEqual([]);
    await ann.call(operatorManagementRoutes.resetSecondFactor, { params: { operatorId } });
    expect(await refusal(otto.signIn('otto', other))).toBe('no refusal');
    expect((await otto.call(accountRoutes.read)).secondFactor).toBe(false);
  });

  it('is written down, in a chain that holds (G21)', async () => {
    const { operatorId } = await operator('otto', everything('operator'));
    await ann.call(operatorManagementRoutes.remove, { params: { operatorId } });
    const rows = await world.store.read.selectFrom('audit').select(['actor', 'action']).orderBy('number').execute();
    expect(rows.map((row) => `${row.actor} ${row.action}`)).toEqual(
      expect.arrayContaining([
        'operator:ann operator.made',
        'operator:otto operator.set-up',
        'operator:otto operator.signed-in',
        'operator:ann operator.removed',
      ]),
    );
    expect(await verifyAudit(world.store.read, world.sealer.subkey('audit'))).toBe(null);
  });
});
