/** What two processes decide in the same moment, each on what it has just read: PostgreSQL shows neither what the other does. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentVersionRoutes, rolloutPlanSchema } from '#console/api/agent-versions.ts';
import { connectionRoutes } from '#console/api/connections.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { giveCommand } from '#console/fleet/link/commands.ts';
import { readVendorAgents } from '#console/fleet/sentinelone/vendor-agents.ts';
import { findDevice } from '#console/store/devices/devices.ts';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';
import { loadRelease } from '#test/worlds/release/release.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';

const password = 'correct horse battery';
const version = '0.2.0';

let vendor: SentinelOneWorld;
let database: OwnDatabase;
let worlds: readonly [ConsoleWorld, ConsoleWorld];
let people: readonly [OperatorClient, OperatorClient];
let organisationId: string;
let device: SimulatedDevice;
let connectionId: string;

beforeEach(async () => {
  vendor = await startSentinelOne();
  database = await ownDatabase();
  const open = () => openPostgres(database.url);
  const one = await ConsoleWorld.start({ open, realSiteTokens: true, vendorHosts: [new URL(vendor.url).host] });
  const two = await one.sibling(open);
  worlds = [one, two];
  await one.administrator('ann', password);
  people = [
    await OperatorClient.signedIn(one.operatorApp, 'ann', password),
    await OperatorClient.signedIn(two.operatorApp, 'ann', password),
  ];
  organisationId = await one.organisation('Bakery');
  device = simulatedDevice(one.app, await one.installKey(organisationId), { now: () => one.nowMs });
  await device.enrol();
  await device.checkIn();
  const enabling = { name: 'Main', address: vendor.url, apiToken: vendor.apiToken };
  ({ connectionId } = await people[0].call(connectionRoutes.enable, { body: enabling }));
});
afterEach(async () => {
  for (const world of worlds.toReversed()) await world.stop();
  await database.drop();
  await vendor.stop();
});

const both = <T>(work: (world: ConsoleWorld, person: OperatorClient) => Promise<T>): Promise<T[]> =>
  Promise.all(worlds.map((world, at) => work(world, people[at] ?? people[0])));

describe('two processes in the same moment', () => {
  it('give a device one command of a kind, and tell both of the same one', async () => {
    for (let round = 0; round < 10; round += 1) {
      const given = await both(async (world) => {
        const row = await findDevice(world.store.read, scope, device.deviceId);
        if (row === null) throw new Error('no device');
        return giveCommand(world.side, scope, row, { verb: 'check', by: 'ann' });
      });
      expect(new Set(given.map((row) => row.command_id)).size).toBe(1);
      await worlds[0].store.write((db) => db.deleteFrom('commands').execute());
    }
  });

  it('list each package that SentinelOne offers once', async () => {
    for (let round = 0; round < 5; round += 1) {
      await worlds[0].store.write((db) => db.deleteFrom('packages').execute());
      await both((world) => world.operatorSide.packages.refresh());
      const rows = await worlds[0].store.read.selectFrom('packages').selectAll().execute();
      const names = rows.map((row) => `${row.vendor_package_id} ${row.target}`);
      expect(rows.length).toBeGreaterThan(10);
      expect(new Set(names).size).toBe(names.length);
    }
    const [connection] = await worlds[0].store.read.selectFrom('connections').selectAll().execute();
    expect(connection?.packages_problem).toBeNull();
  });

  it('read the sites anew without a problem', async () => {
    for (let round = 0; round < 5; round += 1)
      await both((world) => world.operatorSide.connections.refreshSites(connectionId));
    const sites = await worlds[0].store.read.selectFrom('sites').selectAll().execute();
    expect(sites).toHaveLength(vendor.tenant.sites.length);
  });

  it('read SentinelOne’s agents once', async () => {
    const siteId = vendor.tenant.sites[0]?.id ?? '';
    await people[0].call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
    const read = () => vendor.requests.filter(({ url }) => url.includes('/agents?')).length;
    for (let round = 1; round <= 5; round += 1) {
      const before = read();
      await both((world) => {
        const { store, clock } = world.side;
        const { connections } = world.operatorSide;
        return readVendorAgents({ store, clock, connections, changed: () => undefined });
      });
      expect(read() - before).toBe(1);
      for (const world of worlds) world.nowMs += 3_600_000;
    }
  });

  it('begin one rollout of an agent version, and refuse the other', async () => {
    for (const world of worlds) await loadRelease(world, version, [['linux-x64', 'binary', Buffer.from('agent')]]);
    const plan = rolloutPlanSchema.parse({ steps: [100] });
    for (let round = 0; round < 5; round += 1) {
      const answers = await both((_world, person) =>
        person.raw(agentVersionRoutes.start, { params: { organisationId }, body: { version, plan, devices: 1 } }),
      );
      expect(answers.map((answer) => answer.statusCode).toSorted((a, b) => a - b)).toEqual([204, 409]);
      await worlds[0].store.write((db) => db.deleteFrom('agent_rollouts').execute());
    }
  });
});
