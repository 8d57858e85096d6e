import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceRoutes } from '#console/api/devices.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { newOperatorRow } from '#console/auth/operators.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient, Problem } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
const night = { kind: 'window', startMinute: 1320, endMinute: 300 } as const;

let world: ConsoleWorld;
let organisationId: string;

beforeEach(async () => {
  world = await ConsoleWorld.start();
  organisationId = await world.organisation('Bakery');
});
afterEach(() => world.stop());

async function operator(role: 'viewer' | 'operator', organisations: string[] | null = null): Promise<OperatorClient> {
  const row = await newOperatorRow({ name: role, password, role }, world.nowMs);
  const within = organisations === null ? null : JSON.stringify(organisations);
  await world.store.write((db) => addOperator(db, { ...row, organisations: within }));
  return OperatorClient.signedIn(world.operatorApp, role, password);
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Problem ? `${error.status} ${error.code}` : String(error)),
  );
}

async function enrolled(): Promise<SimulatedDevice> {
  const device = simulatedDevice(world.app, await world.installKey(organisationId), { now: () => world.nowMs });
  await device.enrol();
  await device.checkIn();
  return device;
}

const set = (client: OperatorClient, restarts: object, organisation = organisationId) =>
  client.call(organisationRoutes.setRestarts, { params: { organisationId: organisation }, body: { restarts } });

describe('restarts of an organisation', () => {
  it('are never until somebody allows them; then devices are told, under a new number, and back', async () => {
    const worker = await operator('operator');
    const device = await enrolled();
    expect(device.assignment?.reboot).toEqual({ kind: 'never' });
    const first = device.assignment?.number ?? 0;
    expect(await set(worker, night)).toMatchObject({ name: 'Bakery', restarts: night });
    await device.checkIn();
    expect(device.assignment?.reboot).toEqual(night);
    expect(device.assignment?.number).toBeGreaterThan(first);
    const [listed] = (await worker.call(organisationRoutes.list)).items;
    expect(listed?.restarts).toEqual(night);
    await set(worker, { kind: 'never' });
    await device.checkIn();
    expect(device.assignment?.reboot).toEqual({ kind: 'never' });
  });

  it('are changed by who may, within what he sees, to hours that are some; and it is written down', async () => {
    const foundry = await world.organisation('Foundry');
    const viewer = await operator('viewer');
    const limited = await operator('operator', [organisationId]);
    expect(await refusal(set(viewer, night))).toBe('403 auth.forbidden');
    expect(await refusal(set(limited, night, foundry))).toBe('404 not-found');
    expect(await refusal(set(limited, { ...night, endMinute: 1320 }))).toBe('400 request.invalid');
    expect(await refusal(set(limited, { ...night, endMinute: 1440 }))).toBe('400 request.invalid');
    expect((await viewer.call(organisationRoutes.list)).items.map((one) => one.restarts.kind)).toEqual([
      'never',
      'never',
    ]);
    await set(limited, night);
    const rows = await world.store.read
      .selectFrom('audit')
      .selectAll()
      .where('action', '=', 'organisation.restarts')
      .execute();
    expect(rows).toMatchObject([{ organisation_id: organisationId, subject: organisationId }]);
    expect(JSON.parse(rows[0]?.detail ?? '')).toEqual(night);
  });
});

describe('a restart that a device has told of', () => {
  it('can be called off until its time, and the device gets the command', async () => {
    const worker = await operator('operator');
    const device = await enrolled();
    const params = { deviceId: device.deviceId };
    const cancel = { params, body: { verb: 'cancel' } };
    const read = () => worker.call(deviceRoutes.read, { params });
    expect(await read()).toMatchObject({ restartAt: null, refusals: { cancel: 'no-restart' } });
    expect(await refusal(worker.call(deviceRoutes.command, cancel))).toBe('409 request.conflict');
    const at = new Date(world.nowMs + 600_000).toISOString();
    device.record('reboot', { attempt: 1, result: 'scheduled', at, detail: '' });
    await device.checkIn();
    expect(await read()).toMatchObject({ restartAt: at, refusals: { cancel: null } });
    const given = await worker.call(deviceRoutes.command, cancel);
    expect(given).toMatchObject({ verb: 'cancel', requestedBy: 'operator' });
    expect((await device.commands()).commands).toMatchObject([{ verb: 'cancel', commandId: given.commandId }]);
    expect((await worker.call(deviceRoutes.commands, { params })).items).toMatchObject([{ verb: 'cancel' }]);
    device.record('reboot', { attempt: 1, result: 'cancelled', at, detail: '' });
    await device.checkIn();
    expect(await read()).toMatchObject({ restartAt: null, refusals: { cancel: 'no-restart' } });
  });
});
