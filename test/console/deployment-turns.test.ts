/** Slots that must not be lost, held for ever, or counted wrongly, whatever a device says. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProtectionState } from '#protocol/state.ts';
import { endSlot } from '#console/fleet/deployment/slots.ts';
import { findDeployment } from '#console/store/deployments/deployments.ts';
import { findSlot, useSlot } from '#console/store/deployments/slots.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import type { SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { Estate } from '#test/worlds/fleet/estate.ts';

let world: ConsoleWorld;
let estate: Estate;
const minuteMs = 60_000;

beforeEach(async () => {
  const open = () => openSqlite(join(mkdtempSync(join(tmpdir(), 'garrison-turns-')), 'garrison.db'), { alone: true });
  world = await ConsoleWorld.start({ open });
  estate = await Estate.of(world, 10);
});
afterEach(() => world.stop());

const deploy = (pace: object = {}) =>
  world.mode(estate.organisationId, 'deploy', { serversLast: false, ...pace }, estate.devices.length);
const counts = () => findDeployment(world.store.read, scope, estate.organisationId);
const slotOf = (device: SimulatedDevice) => findSlot(world.store.read, scope, device.deviceId);

function nth(index: number): SimulatedDevice {
  const device = estate.devices[index];
  if (device === undefined) throw new Error('no such device');
  return device;
}

type Bare = ProtectionState extends infer S ? (S extends { since: string } ? Omit<S, 'since'> : never) : never;
async function says(device: SimulatedDevice, state: Bare): Promise<void> {
  world.nowMs += 1_000;
  device.state = { ...state, since: new Date(world.nowMs).toISOString() } as ProtectionState;
  await device.checkIn();
}

const fault = (code: 'install.failed' | 'install.overdue' | 'install.reboot-needed') => ({
  code,
  detail: '',
  context: {},
});
const failed: Bare = { kind: 'failed', fault: fault('install.failed') };
const waits = (condition: 'reboot' | 'installer-settled', code: Parameters<typeof fault>[0]): Bare => {
  const lookAgainAt = new Date(world.nowMs).toISOString();
  return { kind: 'waiting', condition, fault: fault(code), holder: null, lookAgainAt };
};
const bare = (waitsFor?: 'turn'): Bare => ({
  kind: 'not-protecting',
  version: null,
  reason: 'bare-after-failed-upgrade',
  detail: waitsFor === undefined ? 'tried again by itself' : 'tried again after: ready',
  ...(waitsFor === undefined ? {} : { waitsFor }),
});

async function installing(device: SimulatedDevice): Promise<void> {
  await device.checkIn();
  if (device.assignment?.slot !== 'given') expect(await device.askForTurn()).toBe(true);
  expect(await estate.start(device)).toBe(true);
}

describe('a device that was left bare', () => {
  it('gets its next turn by itself, at once or as soon as one is free', async () => {
    await deploy({ atOnceMax: 1 });
    const [left, other] = [nth(0), nth(1)];
    await installing(left);
    await says(left, bare());
    expect(await counts()).toMatchObject({ failed: 1, under_way: 0 });
    await installing(other);
    await says(left, bare('turn'));
    expect(left.assignment?.slot).toBe('none');
    await says(other, { kind: 'protected', version: '24.2.2.20', notes: [] });
    await world.sweep();
    await left.checkIn();
    expect(left.assignment?.slot).toBe('given');
  });
});

describe('a slot', () => {
  it('is given back while a restart is waited for, and what comes after it is counted', async () => {
    await deploy({ atOnceMax: 1, limitPercent: 20 });
    const [one, next] = [nth(0), nth(1)];
    await installing(one);
    await says(one, waits('reboot', 'install.reboot-needed'));
    expect(await counts()).toMatchObject({ under_way: 0, started: 1, done: 0, failed: 0 });
    await installing(next);
    await says(one, { kind: 'protected', version: '24.2.2.20', notes: [] });
    expect(await counts()).toMatchObject({ under_way: 1, started: 2, done: 1, failed: 0 });
  });

  it('of an installer that does not return counts as a failure, and halts', async () => {
    await deploy({ atOnceMax: 5, haltFailuresMin: 2 });
    for (const index of [0, 1]) {
      await installing(nth(index));
      await says(nth(index), waits('installer-settled', 'install.overdue'));
    }
    expect(await counts()).toMatchObject({ state: 'halted', failed: 2, halt_cause: 'install.overdue' });
    await says(nth(0), { kind: 'protected', version: '24.2.2.20', notes: [] });
    expect(await counts()).toMatchObject({ failed: 1, done: 1 });
  });

  it('ends after half a day, whatever the device says meanwhile', async () => {
    await deploy({ atOnceMax: 1 });
    await installing(nth(0));
    for (let hours = 0; hours < 13; hours += 1) {
      world.nowMs += 60 * minuteMs;
      await nth(0).connect();
      await says(nth(0), { kind: 'installing', step: 'install', attempt: 1, progress: null });
      await world.side.memory.flush();
    }
    await world.sweep();
    expect(await counts()).toMatchObject({ under_way: 0, failed: 1 });
  });

  it('given a second time and not used leaves the failure of the first as it was', async () => {
    await deploy({ atOnceMax: 1 });
    await installing(nth(0));
    await says(nth(0), failed);
    expect(await counts()).toMatchObject({ started: 1, failed: 1 });
    world.nowMs += minuteMs;
    expect(await nth(0).askForTurn()).toBe(true);
    expect(await counts()).toMatchObject({ started: 1, failed: 0, under_way: 1 });
    world.nowMs += 31 * minuteMs;
    await world.sweep();
    expect(await counts()).toMatchObject({ started: 1, failed: 1, under_way: 0 });
  });

  it('whose site token went out meanwhile is not taken back as unused', async () => {
    await deploy();
    await nth(0).checkIn();
    expect(await nth(0).askForTurn()).toBe(true);
    const seen = await slotOf(nth(0));
    if (seen === null) throw new Error('no slot');
    expect(await world.store.write((db) => useSlot(db, scope, nth(0).deviceId, world.nowMs))).toBe(true);
    const work = { scope, nowMs: world.nowMs };
    await world.store.write((db) => endSlot({ ...work, db }, seen, { state: 'released', cause: null }));
    expect([(await slotOf(nth(0)))?.state, (await counts())?.started]).toEqual(['open', 1]);
  });

  it('is worth nothing once installing through the connection was stopped, in whatever process', async () => {
    await deploy();
    await nth(0).checkIn();
    expect(await nth(0).askForTurn()).toBe(true);
    await world.store.write((db) => db.updateTable('connections').set({ stopped_at: world.nowMs }).execute());
    expect(await estate.start(nth(0))).toBe(false);
  });
});

describe('servers', () => {
  it('wait half an hour for clients that have not answered, not for ever for one that never will', async () => {
    await deploy({ serversLast: true });
    const server = nth(9);
    const client = nth(0);
    for (const device of estate.devices.slice(1, 9))
      await says(device, { kind: 'protected', version: '24.2', notes: [] });
    await says(client, { kind: 'paused', mode: 'paused', wouldInstall: null });
    await server.checkIn();
    expect(await server.askForTurn()).toBe(false);
    world.nowMs += 31 * minuteMs;
    await client.checkIn();
    await server.checkIn();
    await world.side.memory.flush();
    await world.sweep();
    await server.checkIn();
    expect(server.assignment?.slot).toBe('given');
  });
});
