import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bulkRetryRoutes } from '#console/api/bulk-retry.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { operatorRoutes } from '#console/api/routes.ts';
import type { Route } from '#console/api/route.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { switchSecondFactor } from '#console/auth/switch-second-factor.ts';
import { TOTP, Secret } from 'otpauth';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
const minute = 60_000;

let world: ConsoleWorld;
let ann: OperatorClient;

beforeEach(async () => {
  world = await ConsoleWorld.start();
  await world.administrator('ann', password);
  ann = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
});
afterEach(() => world.stop());

const codeOf = async (asked: Promise<{ statusCode: number; body: string }>): Promise<string> => {
  const { statusCode, body } = await asked;
  return `${statusCode} ${body === '' ? '' : ((JSON.parse(body) as { code?: string }).code ?? '')}`.trim();
};

describe('asking for the password again (G22)', () => {
  it('G22: connections, keys and mass actions need it within the last ten minutes', async () => {
    const organisationId = await world.organisation('Bakery');
    const make = () => ann.raw(enrolmentKeyRoutes.create, { body: { organisationId } });
    world.nowMs += 10 * minute - 1;
    expect(await codeOf(make())).toBe('200');
    world.nowMs += 1;
    expect(await codeOf(make())).toBe('403 auth.not-fresh');
    expect(await codeOf(ann.raw(bulkRetryRoutes.retry, { body: { filter: {}, retries: 0 } }))).toBe(
      '403 auth.not-fresh',
    );
    expect(await codeOf(ann.raw(sessionRoutes.confirm, { body: { password: 'wrong password' } }))).toBe(
      '401 auth.refused',
    );
    expect(await codeOf(make())).toBe('403 auth.not-fresh');
    expect(await codeOf(ann.raw(sessionRoutes.confirm, { body: { password } }))).toBe('200');
    expect(await codeOf(make())).toBe('200');
  });

  it('never stands in the way of stopping something', async () => {
    world.nowMs += 20 * minute;
    expect(await codeOf(ann.raw(organisationRoutes.pauseAll))).toBe('200');
  });

  it('asks for the code of who has an authenticator, each once, and slows guessing down', async () => {
    const parts = { store: world.store, sealer: world.sealer, clock: world.side.clock };
    const factor = await switchSecondFactor(parts, 'ann', true);
    const codeNow = (): string =>
      new TOTP({ secret: Secret.fromBase32(factor?.secret ?? '') }).generate({ timestamp: world.nowMs });
    await ann.signIn('ann', password, codeNow());
    const confirm = (body: object) => codeOf(ann.raw(sessionRoutes.confirm, { body }));
    expect((await ann.raw(sessionRoutes.confirm, { body: { password } })).json()).toEqual({ kind: 'code-required' });
    expect(await confirm({ password, code: codeNow() })).toBe('401 auth.refused');
    world.nowMs += 30_000;
    expect(await confirm({ password, code: codeNow() })).toBe('200');
    for (let tries = 0; tries < 10; tries += 1) await confirm({ password: 'guess', code: '000000' });
    world.nowMs += 30_000;
    expect(await confirm({ password, code: codeNow() })).toBe('429 rate-limited');
  });

  it('is asked by the rows of these routes, before their body is read', async () => {
    const rows = Object.values(operatorRoutes).flatMap((routes): Route[] => Object.values(routes));
    const fresh = rows.filter((row) => row.fresh === true);
    world.nowMs += 20 * minute;
    for (const row of fresh) expect([row.path, await codeOf(ann.raw(row))]).toEqual([row.path, '403 auth.not-fresh']);
    const opening = /^\/api\/connections(?!\/:connectionId\/(check|sites\/refresh)$)/;
    const unguarded = rows.filter((row) => row.method !== 'GET' && row.fresh !== true && opening.test(row.path));
    expect(unguarded.map((row) => row.path)).toEqual([]);
  });
});
