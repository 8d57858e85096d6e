import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceExportRoutes } from '#console/api/device-export.ts';
import { newOperatorRow } from '#console/auth/operators.ts';
import { readCsv } from '#console/fleet/lists/csv.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

let world: ConsoleWorld;
let bakery: string;
let foundry: string;

beforeEach(async () => {
  world = await ConsoleWorld.start();
  bakery = await world.organisation('Bakery');
  foundry = await world.organisation('=Foundry');
});
afterEach(() => world.stop());

async function operator(role: 'viewer' | 'operator', organisations: string[] | null = null): Promise<OperatorClient> {
  const row = await newOperatorRow({ name: role, password, role }, world.nowMs);
  const within = organisations === null ? null : JSON.stringify(organisations);
  await world.store.write((db) => addOperator(db, { ...row, organisations: within }));
  return OperatorClient.signedIn(world.operatorApp, role, password);
}

async function deviceIn(organisationId: string, hostname: string): Promise<void> {
  const key = await world.installKey(organisationId);
  const device = simulatedDevice(world.app, key, { now: () => world.nowMs, machine: { hostname } });
  await device.enrol();
  await device.checkIn();
}

const exported = (client: OperatorClient, filter: object = {}) =>
  client.call(deviceExportRoutes.devices, { body: filter });

describe('devices as a table', () => {
  it('G23: hold nothing that a spreadsheet takes for a formula', async () => {
    for (const hostname of ['=cmd|calc', '+1', '-1', '@sum', 'plain']) await deviceIn(foundry, hostname);
    const { csv, rows, isCut } = await exported(await operator('operator'));
    expect([rows, isCut]).toEqual([5, false]);
    const cells = readCsv(csv).slice(1).flat();
    expect(cells.length).toBeGreaterThan(25);
    expect(cells.filter((cell) => /^[=+@\t\r-]/.test(cell))).toEqual([]);
    expect(readCsv(csv).map((row) => row[0])).toEqual(['Device', "'+1", "'-1", "'=cmd|calc", "'@sum", 'plain']);
  });

  it('G9: are those of the filter within what the operator may see', async () => {
    await deviceIn(bakery, 'oven');
    await deviceIn(foundry, 'anvil');
    const limited = await operator('operator', [bakery]);
    const names = async (filter: object) => readCsv((await exported(limited, filter)).csv).map((row) => row[0]);
    expect(await names({})).toEqual(['Device', 'oven']);
    expect(await names({ organisationId: foundry })).toEqual(['Device']);
    expect(await names({ search: 'anv' })).toEqual(['Device']);
  });

  it('G21: are for who may act, and kept in the record with the filter', async () => {
    await deviceIn(bakery, 'oven');
    await expect(exported(await operator('viewer'))).rejects.toMatchObject({ status: 403 });
    await exported(await operator('operator'), { organisationId: bakery, os: 'linux' });
    const written = await world.store.read
      .selectFrom('audit')
      .select(['actor', 'organisation_id', 'detail'])
      .where('action', '=', 'devices.exported')
      .execute();
    expect(written).toMatchObject([{ actor: 'operator:operator', organisation_id: bakery }]);
    expect(JSON.parse(written[0]?.detail ?? '')).toEqual({ rows: 1, filter: { organisationId: bakery, os: 'linux' } });
  });

  it('come in slices without a gap or a double', async () => {
    const keys = await world.installKey(bakery);
    for (let index = 0; index < 3; index += 1) {
      const device = simulatedDevice(world.app, keys, { now: () => world.nowMs, machine: { hostname: `d${index}` } });
      await device.enrol();
    }
    const [row] = await world.store.read.selectFrom('devices').selectAll().execute();
    if (row === undefined) throw new Error('no device');
    const many = Array.from({ length: 1_100 }, (_, index) => ({
      ...row,
      device_id: `dev_copy_${index}`,
      signing_key: `copy ${index}`,
      hostname: 'same',
      hostname_folded: 'same',
    }));
    for (let from = 0; from < many.length; from += 300)
      await world.store.write((db) =>
        db
          .insertInto('devices')
          .values(many.slice(from, from + 300))
          .execute(),
      );
    const { csv, rows } = await exported(await operator('operator'));
    expect(rows).toBe(1_103);
    const ids = readCsv(csv)
      .slice(1)
      .map((cells) => cells.at(-1));
    expect(new Set(ids).size).toBe(1_103);
  });
});
