/** The brake with a whole fleet, and with two console processes that give out turns at the same time. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { organisationRoutes } from '#console/api/organisations.ts';
import { findDeployment } from '#console/store/deployments/deployments.ts';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { slotCounts } from '#console/store/deployments/slots.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { deploymentContract } from '#test/console/deployment.contract.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import { Estate } from '#test/worlds/fleet/estate.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';

const password = 'correct horse battery';
const databases: OwnDatabase[] = [];
async function fresh(): Promise<string> {
  const database = await ownDatabase();
  databases.push(database);
  return database.url;
}
afterAll(async () => {
  for (const database of databases) await database.drop();
});

const worlds: ConsoleWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

async function administrator(world: ConsoleWorld): Promise<OperatorClient> {
  await world.administrator('ann', password);
  return OperatorClient.signedIn(world.operatorApp, 'ann', password);
}

deploymentContract('PostgreSQL', async () => openPostgres(await fresh()), 60);

describe('2,000 devices', () => {
  const openFile = () =>
    openSqlite(join(mkdtempSync(join(tmpdir(), 'garrison-fleet-')), 'garrison.db'), { alone: true });

  it('nothing while watching, exactly 5 % under a limit, a bad package under 2 %, none after "pause all"', async () => {
    const world = await ConsoleWorld.start({ open: openFile });
    worlds.push(world);
    const admin = await administrator(world);
    const estate = await Estate.of(world, 2_000);
    const params = { organisationId: estate.organisationId };
    const installs = 2_000;
    await estate.settle();
    expect(estate.exposed.size).toBe(0);

    const pace = { limitPercent: 5, atOnceMax: 20, serversLast: false };
    await admin.call(organisationRoutes.startDeployment, { params, body: { installs, pace } });
    await estate.settle();
    expect(estate.exposed.size).toBe(100);
    expect(estate.together).toBeLessThanOrEqual(20);

    estate.ending = () => 'failed';
    await admin.call(organisationRoutes.resumeDeployment, { params, body: { failed: 0, startsMax: null } });
    await estate.settle();
    const halted = (await admin.call(organisationRoutes.read, { params })).deployment;
    expect(halted?.state).toBe('halted');
    expect(estate.exposed.size - 100).toBeLessThan(40);

    estate.ending = () => 'protected';
    const body = { failed: halted?.failed ?? 0, startsMax: null };
    await admin.call(organisationRoutes.resumeDeployment, { params, body });
    await estate.round();
    await admin.call(organisationRoutes.pauseAll);
    const started = estate.exposed.size;
    await estate.settle();
    expect(estate.exposed.size).toBe(started);
  }, 400_000);
});

describe('two consoles on one PostgreSQL', () => {
  it('share the slots: never more at once, never more in all, and a pause of one stops the devices of the other', async () => {
    const url = await fresh();
    const one = await ConsoleWorld.start({ open: () => openPostgres(url), hears: true });
    const two = await one.sibling(() => openPostgres(url));
    worlds.push(two, one);
    const admin = await administrator(one);
    const estate = await Estate.of(one, 80, [one, two]);
    const params = { organisationId: estate.organisationId };
    const pace = { limitPercent: 25, atOnceMax: 6, serversLast: false };
    await admin.call(organisationRoutes.startDeployment, { params, body: { installs: 80, pace } });
    await two.sweep();
    await Promise.all(estate.devices.map((device) => device.checkIn()));
    const given = await Promise.all(estate.devices.map((device) => device.askForTurn()));
    await Promise.all([one.sweep(), two.sweep()]);
    expect(given.filter(Boolean).length).toBeLessThanOrEqual(6);
    const counted = async () => {
      const row = await findDeployment(one.store.read, scope, estate.organisationId);
      const slots = await slotCounts(one.store.read, scope, row?.deployment_id ?? '');
      return { underWay: row?.under_way, open: slots['open'] ?? 0, started: row?.started };
    };
    expect(await counted()).toEqual({ underWay: 6, open: 6, started: 6 });
    for (let rounds = 0; rounds < 20; rounds += 1) {
      two.nowMs = one.nowMs;
      await estate.round();
    }
    expect(estate.exposed.size).toBe(20);
    expect(estate.together).toBeLessThanOrEqual(6);
    await admin.call(organisationRoutes.resumeDeployment, { params, body: { failed: 0, startsMax: null } });
    await two.sweep();
    await estate.round();
    const started = estate.exposed.size;
    await admin.call(organisationRoutes.pauseAll);
    for (const device of estate.devices) {
      if (!estate.exposed.has(device.deviceId)) expect(await estate.start(device)).toBe(false);
    }
    expect(estate.exposed.size).toBe(started);
  }, 120_000);
});
