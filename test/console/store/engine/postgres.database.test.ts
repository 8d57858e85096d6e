import { Client } from 'pg';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createConnections } from '#console/fleet/connections/connections.ts';
import { giveCommand } from '#console/fleet/link/commands.ts';
import { revoke } from '#console/fleet/membership/revocation.ts';
import { findAssignment, holdAssignment, writeAssignment } from '#console/store/devices/assignments.ts';
import { findDevice } from '#console/store/devices/devices.ts';
import { readMeta, writeMeta } from '#console/store/meta.ts';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { outdateAssignments } from '#console/store/deployments/slots.ts';
import { connectionSetting } from '#test/console/fleet/connection-setting.ts';
import { storeContract } from '#test/console/store/store.contract.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';

const databases: OwnDatabase[] = [];
async function fresh(): Promise<string> {
  const database = await ownDatabase();
  databases.push(database);
  return database.url;
}
afterAll(async () => {
  for (const database of databases) await database.drop();
});

storeContract('PostgreSQL', async () => openPostgres(await fresh()));

describe('PostgreSQL', () => {
  it('is brought to the newest schema by several consoles at once', async () => {
    const url = await fresh();
    const stores = await Promise.all([openPostgres(url), openPostgres(url), openPostgres(url)]);
    const [first, second] = stores;
    await first.write((db) => writeMeta(db, 'console-id', 'x'));
    expect(await readMeta(second.read, 'console-id')).toBe('x');
    await Promise.all(stores.map((store) => store.close()));
  });

  it('loses a hint rather than the process when the database does not answer', async () => {
    const store = await openPostgres(await fresh());
    const heard: string[] = [];
    store.listen((topic) => heard.push(topic));
    await store.close();
    await store.announce('command:dev_1');
    expect(heard).toEqual(['command:dev_1']);
  });

  it('keeps no connection after it was closed, however soon that is', async () => {
    const url = await fresh();
    const client = new Client({ connectionString: url });
    await client.connect();
    const others = async (): Promise<number> => {
      const { rows } = await client.query(
        'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      return rows.length;
    };
    for (let round = 0; round < 5; round += 1) await (await openPostgres(url)).close();
    await expect.poll(others, { timeout: 3_000 }).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await others()).toBe(0);
    await client.end();
  });
});

describe('two consoles on one PostgreSQL', () => {
  const worlds: ConsoleWorld[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.stop();
  });

  async function pair(): Promise<{ one: ConsoleWorld; two: ConsoleWorld; device: SimulatedDevice }> {
    const url = await fresh();
    const one = await ConsoleWorld.start({ open: () => openPostgres(url), hears: true });
    const two = await one.sibling(() => openPostgres(url));
    worlds.push(two, one);
    const device = simulatedDevice(two.app, await one.installKey(await one.organisation('Bakery')));
    await device.enrol();
    await device.checkIn();
    return { one, two, device };
  }

  async function row(world: ConsoleWorld, device: SimulatedDevice) {
    const found = await findDevice(world.store.read, scope, device.deviceId);
    if (found === null) throw new Error('no such device');
    return found;
  }

  it('lose no mark that one sets on an assignment while the other makes it', async () => {
    const { one, two, device } = await pair();
    const marked: Promise<void>[] = [];
    await one.store.write(async (db) => {
      await holdAssignment(db, scope, device.deviceId);
      marked.push(two.store.write((other) => outdateAssignments(other, scope, [device.deviceId])));
      await new Promise((resolve) => setTimeout(resolve, 200));
      const held = await findAssignment(db, scope, device.deviceId);
      if (held === null) throw new Error('no assignment');
      await writeAssignment(db, scope, { ...held, policy_version: 7 });
    });
    await Promise.all(marked);
    expect((await findAssignment(one.store.read, scope, device.deviceId))?.policy_version).toBe(0);
  });

  it('wake each other’s held requests', async () => {
    const { one, two, device } = await pair();
    const held = device.commands(30);
    while (two.side.waiters.held() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const given = await giveCommand(one.side, scope, await row(one, device), { verb: 'check', by: 'ann' });
    const { commands } = await held;
    expect(commands.map((command) => command.commandId)).toEqual([given.command_id]);
  });

  it('end a session that the other one revoked', async () => {
    const { one, two, device } = await pair();
    const held = device.commands(30).catch((error: unknown) => String(error));
    while (two.side.waiters.held() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await revoke(one.side, scope, await row(one, device));
    expect(await held).toContain('identity.revoked');
    await expect(device.checkIn()).rejects.toThrow('identity.revoked');
  });

  it('take a device from one to the other in the middle of its session', async () => {
    const { one, device } = await pair();
    device.recordRaw('something-new', { answer: 1 });
    Object.assign(device, { wire: simulatedDevice(one.app, await one.installKey(device.organisationId)).wire });
    expect((await device.checkIn()).acknowledged.seq).toBe(1);
  });
});

describe('two consoles, one API token', () => {
  it('renew it at once: SentinelOne is asked once, and both go on with the new one', async () => {
    const url = await fresh();
    await using setting = await connectionSetting({ open: () => openPostgres(url) });
    const other = await openPostgres(url);
    const sibling = createConnections({ ...setting.parts, store: other });
    const { connection_id: id } = await setting.enabled();
    await sibling.client(id);
    const outcomes = await Promise.all([setting.connections.renew(id), sibling.renew(id)]);
    expect(outcomes.toSorted()).toEqual(['busy', 'renewed']);
    expect(setting.asked()).toBe(1);
    for (const connections of [setting.connections, sibling]) {
      const { client } = await connections.client(id);
      await client.json({ path: 'system/info' });
    }
    sibling.close();
    await other.close();
  });
});
