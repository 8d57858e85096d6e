import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKeyRoutes } from '#console/api/api-keys.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { operatorManagementRoutes } from '#console/api/operators.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { operatorRoutes } from '#console/api/routes.ts';
import { idempotencyHeader, type Route } from '#console/api/route.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { Operated, refusal } from '#test/worlds/fleet/operated.ts';
import { openPage } from '#test/worlds/fleet/listening.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const minute = 60_000;
const day = 86_400_000;

let operated: Operated;
beforeEach(async () => {
  operated = await Operated.start();
});
afterEach(() => operated.stop());

interface Made {
  readonly apiKeyId: string;
  readonly program: OperatorClient;
  readonly secret: string;
}

async function key(by: OperatorClient, scopes: Partial<Record<string, unknown>> = {}): Promise<Made> {
  const body = { label: 'nightly', role: 'viewer', organisationIds: null, ...scopes };
  const made = await by.call(apiKeyRoutes.create, { body });
  const program = OperatorClient.withApiKey(operated.world.operatorApp, made.secret);
  return { apiKeyId: made.key.apiKeyId, program, secret: made.secret };
}

describe('an API key', () => {
  it('works as a bearer without cookie, origin and CSRF token, and never in a cookie', async () => {
    const { program, secret } = await key(operated.admin, { role: 'admin' });
    expect(await program.call(organisationRoutes.create, { body: { name: 'Bakery' } })).toMatchObject({
      name: 'Bakery',
    });
    const cookie = { cookie: `garrison=${secret}` };
    const nobody = new OperatorClient(operated.world.operatorApp);
    expect((await nobody.raw(organisationRoutes.list, { headers: cookie })).statusCode).toBe(401);
    const wrong = { authorization: `Bearer ${secret.slice(0, -2)}${secret.endsWith('AA') ? 'BA' : 'AA'}` };
    expect((await operated.admin.raw(organisationRoutes.list, { headers: wrong })).statusCode).toBe(401);
    expect((await operated.admin.raw(organisationRoutes.list, { headers: { authorization: 'x' } })).statusCode).toBe(
      401,
    );
  });

  it('G9: meets no answer that another program of the same maker was given', async () => {
    const organisationId = await operated.organisation('Bakery');
    const body = { organisationId };
    const make = async (): Promise<string> => {
      const { program } = await key(operated.admin, { role: 'admin', mayConfirmed: true });
      const answer = await program.raw(enrolmentKeyRoutes.create, { body, headers: { [idempotencyHeader]: '1' } });
      return answer.json<{ enrolmentString: string }>().enrolmentString;
    };
    const made = [await make(), await make()];
    expect(made[0]).toMatch(/^garrison1\./);
    expect(made[1]).not.toBe(made[0]);
  });

  it('G22: is never more than its maker, also when the maker has become less', async () => {
    const bakery = await operated.organisation('Bakery');
    const foundry = await operated.organisation('Foundry');
    const otto = await operated.operator('otto', 'operator', [bakery, foundry]);
    const make = (scopes: object) => refusal(key(otto, { ...scopes }));
    expect(await make({ role: 'admin', organisationIds: [bakery] })).toBe('403 auth.forbidden');
    expect(await make({ organisationIds: null })).toBe('404 not-found');
    expect(await make({ organisationIds: ['org_missing'] })).toBe('404 not-found');
    const { program } = await key(otto, { role: 'operator', organisationIds: [bakery, foundry] });
    expect((await program.call(organisationRoutes.list)).items).toHaveLength(2);
    const ottoId = await operatorId('otto');
    const less = { params: { operatorId: ottoId }, body: { role: 'viewer', organisationIds: [foundry] } };
    await operated.admin.call(operatorManagementRoutes.change, less);
    expect((await program.call(organisationRoutes.list)).items.map((row) => row.name)).toEqual(['Foundry']);
    expect(await refusal(program.call(organisationRoutes.pauseAll))).toBe('403 auth.forbidden');
  });

  it('G22: dies with its maker, and does not come back with him', async () => {
    await operated.operator('otto', 'viewer', null);
    const otto = await OperatorClient.signedIn(operated.world.operatorApp, 'otto', 'correct horse battery');
    const { program } = await key(otto);
    const params = { operatorId: await operatorId('otto') };
    expect(await refusal(program.call(deviceRoutes.list))).toBe('no refusal');
    await operated.admin.call(operatorManagementRoutes.setDisabled, { params, body: { disabled: true } });
    expect(await refusal(program.call(deviceRoutes.list))).toBe('401 auth.required');
    await operated.admin.call(operatorManagementRoutes.setDisabled, { params, body: { disabled: false } });
    expect(await refusal(program.call(deviceRoutes.list))).toBe('401 auth.required');
  });

  it('G22: does what asks people for the password only with that scope, and nothing that is for people alone', async () => {
    const organisationId = await operated.organisation('Bakery');
    const plain = await key(operated.admin, { role: 'admin' });
    const more = await key(operated.admin, { role: 'admin', mayConfirmed: true });
    const make = (client: OperatorClient) =>
      refusal(client.call(enrolmentKeyRoutes.create, { body: { organisationId } }));
    expect(await make(plain.program)).toBe('403 auth.not-fresh');
    operated.world.nowMs += 60 * minute;
    expect(await make(more.program)).toBe('no refusal');
    const rows = Object.values(operatorRoutes).flatMap((routes): Route[] => Object.values(routes));
    const personal = rows.filter((row) => row.person === true);
    expect(personal.length).toBeGreaterThan(15);
    for (const row of personal) {
      const answer = await more.program.raw(row);
      expect([row.path, answer.statusCode]).toEqual([row.path, 403]);
      expect(answer.body).toContain('for people');
    }
  });

  it('ends in time, when it is revoked, and its open page with it (G23)', async () => {
    const { program, apiKeyId, secret } = await key(operated.admin, { lifetimeDays: 1 });
    const page = await openPage(operated.world.operatorApp, { authorization: `Bearer ${secret}` });
    const revoked = await operated.admin.call(apiKeyRoutes.revoke, { params: { apiKeyId } });
    expect(revoked.state).toBe('revoked');
    expect(await page.ended).toBe(true);
    expect(await refusal(program.call(deviceRoutes.list))).toBe('401 auth.required');
    const short = await key(operated.admin, { lifetimeDays: 1 });
    operated.world.nowMs += day;
    expect(await refusal(short.program.call(deviceRoutes.list))).toBe('401 auth.required');
  });

  it('is slowed down by itself, and no other with it', async () => {
    const one = await key(operated.admin);
    const two = await key(operated.admin);
    const rate = (made: Made) =>
      operated.world.operatorSide.operators.byApiKey(made.secret, '192.0.2.7').then(
        () => 'answered',
        (error: { code?: string }) => error.code,
      );
    for (let asked = 0; asked < 600; asked += 1) await rate(one);
    expect(await rate(one)).toBe('rate-limited');
    expect(await rate(two)).toBe('answered');
    operated.world.nowMs += minute;
    expect(await rate(one)).toBe('answered');
  });

  it('says when and from where it was used last, and who it is in the record', async () => {
    const { program, apiKeyId } = await key(operated.admin, { role: 'admin' });
    await program.call(organisationRoutes.create, { body: { name: 'Bakery' } });
    const listed = (await operated.admin.call(apiKeyRoutes.list)).items.find((row) => row.apiKeyId === apiKeyId);
    expect(listed).toMatchObject({ operatorName: 'ann', usedAddress: '127.0.0.1', state: 'active' });
    const actors = await operated.world.store.read
      .selectFrom('audit')
      .select('actor')
      .where('action', '=', 'organisation.made')
      .execute();
    expect(actors).toEqual([{ actor: `api-key:${apiKeyId} of ann` }]);
    expect(await program.call(sessionRoutes.read)).toMatchObject({ operator: { name: 'ann (nightly)' } });
  });

  it('G20: its secret is nowhere in the database', async () => {
    const { secret } = await key(operated.admin);
    const { world } = operated;
    const rows = await world.store.read.selectFrom('api_keys').selectAll().execute();
    const audit = await world.store.read.selectFrom('audit').selectAll().execute();
    expect(JSON.stringify([rows, audit])).not.toContain(secret.split('.')[2]);
  });

  it('G9: is seen and revoked by its maker and by who manages its maker, and is missing for others', async () => {
    const bakery = await operated.organisation('Bakery');
    const foundry = await operated.organisation('Foundry');
    const bea = await operated.operator('bea', 'admin', [bakery]);
    const fritz = await operated.operator('fritz', 'admin', [foundry]);
    const { apiKeyId } = await key(fritz, { organisationIds: [foundry] });
    expect((await bea.call(apiKeyRoutes.list)).items).toEqual([]);
    const foreign = await bea.raw(apiKeyRoutes.revoke, { params: { apiKeyId } });
    const missing = await bea.raw(apiKeyRoutes.revoke, { params: { apiKeyId: 'apk_missing' } });
    expect([foreign.statusCode, foreign.body]).toEqual([404, missing.body]);
    expect((await operated.admin.call(apiKeyRoutes.list)).items.map((row) => row.operatorName)).toEqual(['fritz']);
  });
});

async function operatorId(name: string): Promise<string> {
  const { items } = await operated.admin.call(operatorManagementRoutes.list);
  return items.find((row) => row.name === name)?.operatorId ?? '';
}
