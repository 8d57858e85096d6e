/** The console goes away, comes back, and comes back as it was before: devices go on, and its books are right in the end. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeRecord } from '#agent/journal/record.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { startWholeDevice, type WholeDevice } from '#test/worlds/whole/device.ts';
import { readDevice, startDeployment, waitFor, waitForState } from '#test/worlds/whole/estate.ts';
import type { Operator } from '#test/worlds/whole/operator.ts';
import {
  deviceTimeline,
  journalFile,
  misbehave,
  rows,
  setMode,
  setUpWhole,
  storedGaps,
  storedTimeline,
  told,
  type Whole,
} from './whole-setting.ts';

let whole: Whole;
beforeAll(async () => {
  whole = await setUpWhole({ targets: ['linux-x64-deb'], deploying: true });
});
afterAll(() => whole.stop());

/** Waits until the console holds what the device holds; both sides as `[journal, number, time, kind]`. */
async function expectSameHistory(device: WholeDevice, deviceId: string, limitMs: number): Promise<void> {
  const own = () => {
    const { journalId, events } = deviceTimeline(device.container);
    return events.map((event) => ({ journalId, ...event }));
  };
  await waitFor('the console to have everything', limitMs, async () =>
    storedTimeline(whole.console, deviceId).at(-1)?.seq === own().at(-1)?.seq ? true : null,
  );
  expect(storedTimeline(whole.console, deviceId)).toEqual(own());
}

const numberOf = (deviceId: string): number =>
  rows<{ number: number }>(whole.console, 'select number from assignments where device_id = ?', deviceId)[0]?.number ??
  0;

async function pressed(operator: Operator, deviceId: string, verb: 'retry' | 'check') {
  const { commandId } = await operator.call(deviceRoutes.command, { params: { deviceId }, body: { verb } });
  return waitFor(`${verb} to be carried out`, 120_000, async () => {
    const { items } = await operator.call(deviceRoutes.commands, { params: { deviceId } });
    const found = items.find((command) => command.commandId === commandId);
    return found?.result == null ? null : found;
  });
}

describe('the console is stopped in mid-install', () => {
  let device: WholeDevice;
  let deviceId: string;
  beforeAll(async () => {
    device = await startWholeDevice({ root: 'deb', name: 'whole-outage', agent: whole.world.testAgent });
  });
  afterAll(() => device.container.stop());

  test('the install goes on to its end without it', async () => {
    misbehave(device.container, { delay: 4 });
    deviceId = await device.enrol(whole.estate.enrolmentString);
    const events = () => deviceTimeline(device.container).events;
    const steps = () =>
      told<{ step: string; result: string }>(events(), 'attempt-step').map(({ step, result }) => `${step} ${result}`);
    await waitFor('the package to be verified and the site token to be there', 60_000, async () =>
      steps().includes('site-token ok') ? true : null,
    );
    expect(steps()).toContain('verify-package ok');
    await whole.console.stop('SIGKILL');
    expect(storedTimeline(whole.console, deviceId).map(({ kind }) => kind)).not.toContain('installer-exited');
    await waitFor('the attempt to end', 60_000, async () =>
      told<{ result: string }>(events(), 'attempt-ended')[0]?.result === 'protected' ? true : null,
    );
    expect(told(events(), 'installer-exited')).toMatchObject([{ run: 1, exitCode: 0 }]);
  });

  test('everything arrives afterwards: in order, nothing lost, nothing twice', async () => {
    await whole.console.start();
    await expectSameHistory(device, deviceId, 90_000);
    expect(storedGaps(whole.console, deviceId)).toEqual([]);
    const shown = await waitForState(whole.operator, deviceId, 'protected', 10_000);
    expect(shown.notReportingSince).toBeNull();
    const { items } = await whole.operator.call(deviceRoutes.attempts, { params: { deviceId } });
    expect(items).toMatchObject([{ result: 'protected', runs: [{ exitCode: 0 }] }]);
  });
});

describe('the console comes back from an older backup', () => {
  let device: WholeDevice;
  let deviceId: string;
  let operator: Operator;
  const backup = (): string => `${whole.console.dataDirectory}.backup`;
  let numbers: number[] = [];
  beforeAll(async () => {
    operator = whole.operator;
    device = await startWholeDevice({ root: 'deb', name: 'whole-backup', agent: whole.world.testAgent });
  });
  afterAll(async () => {
    await device.container.stop();
    rmSync(backup(), { recursive: true, force: true });
  });

  async function restore(): Promise<void> {
    await whole.console.stop();
    rmSync(whole.console.dataDirectory, { recursive: true });
    cpSync(backup(), whole.console.dataDirectory, { recursive: true, preserveTimestamps: true });
    await whole.console.start();
    operator = await whole.signIn();
  }

  test('Retry reaches a resting, connected device within 2 s, and the console knows when', async () => {
    misbehave(device.container, { exit: 102 });
    deviceId = await device.enrol(whole.estate.enrolmentString);
    await waitFor('the first attempt to end', 60_000, async () => {
      const { state } = await readDevice(operator, deviceId);
      return state?.kind === 'failed' || state?.kind === 'retrying' ? true : null;
    });
    const attemptsBefore = told(deviceTimeline(device.container).events, 'attempt-started').length;
    const command = await pressed(operator, deviceId, 'retry');
    expect(command).toMatchObject({ verb: 'retry', result: 'done', requestedBy: 'ann', fault: null });
    const after = (at: string | null): number => Date.parse(at ?? '') - Date.parse(command.requestedAt);
    expect(after(command.receivedAt)).toBeLessThan(2_000);
    expect(after(command.startedAt)).toBeLessThan(2_000);
    await waitFor('another attempt', 30_000, async () =>
      told(deviceTimeline(device.container).events, 'attempt-started').length > attemptsBefore ? true : null,
    );
    await waitFor('the second attempt to end', 60_000, async () =>
      told(deviceTimeline(device.container).events, 'attempt-ended').length > attemptsBefore ? true : null,
    );
  });

  test('what happened since is sent again, and the number of what it wants rises', async () => {
    numbers = [numberOf(deviceId)];
    await whole.console.stop();
    cpSync(whole.console.dataDirectory, backup(), { recursive: true, preserveTimestamps: true });
    await whole.console.start();
    await setMode(operator, whole.estate, 'paused');
    await waitForState(operator, deviceId, 'paused', 90_000);
    numbers.push(numberOf(deviceId));
    await expectSameHistory(device, deviceId, 20_000);
    const before = storedTimeline(whole.console, deviceId);
    await restore();
    expect(storedTimeline(whole.console, deviceId).length).toBeLessThan(before.length);
    // It comes by itself within its five minutes; asked, it comes at once, though the console gave it higher numbers before.
    expect(await pressed(operator, deviceId, 'check')).toMatchObject({ result: 'done' });
    await expectSameHistory(device, deviceId, 30_000);
    expect(storedTimeline(whole.console, deviceId).slice(0, before.length)).toEqual(before);
    expect(storedGaps(whole.console, deviceId)).toEqual([]);
    await waitFor('a higher number', 30_000, async () => (numberOf(deviceId) > Math.max(...numbers) ? true : null));
    numbers.push(numberOf(deviceId));
    await waitFor('the device to hold it', 30_000, async () =>
      (await readDevice(operator, deviceId)).report?.assignmentNumber === numberOf(deviceId) ? true : null,
    );
  });

  test('what the device has forgotten since is shown as a gap', async () => {
    await expectSameHistory(device, deviceId, 30_000);
    await device.container.run(['systemctl', 'stop', 'garrison-agent']);
    await whole.console.stop();
    const { forgotten } = forgetAcknowledged(device);
    rmSync(whole.console.dataDirectory, { recursive: true });
    cpSync(backup(), whole.console.dataDirectory, { recursive: true, preserveTimestamps: true });
    await whole.console.start();
    operator = await whole.signIn();
    const known = storedTimeline(whole.console, deviceId).at(-1)?.seq ?? 0;
    await device.container.run(['systemctl', 'start', 'garrison-agent']);
    const gap = { from: known + 1, to: forgotten };
    await waitFor('the gap', 30_000, async () => (storedGaps(whole.console, deviceId).length > 0 ? true : null));
    expect(storedGaps(whole.console, deviceId)).toEqual([gap]);
    const { gaps } = await operator.call(deviceRoutes.timeline, { params: { deviceId }, query: {} });
    expect(gaps).toMatchObject([gap]);
    expect(storedTimeline(whole.console, deviceId).at(-1)?.seq).toBeGreaterThan(forgotten);
  });

  test('it obeys Retry and ends protected', async () => {
    misbehave(device.container, null);
    if ((await readDevice(operator, deviceId)).mode !== 'deploy')
      await startDeployment(operator, whole.estate.organisationId);
    const command = await pressed(operator, deviceId, 'retry');
    expect(['done', 'joined']).toContain(command.result);
    await waitForState(operator, deviceId, 'protected', 60_000);
    expect(numberOf(deviceId)).toBeGreaterThan(Math.max(...numbers));
  });
});

/** What the agent's own compaction does after its last twenty attempts: acknowledged events are no longer kept. */
function forgetAcknowledged({ container }: WholeDevice): { readonly forgotten: number } {
  const { records, events } = deviceTimeline(container);
  const seq = events.at(-1)?.seq ?? 0;
  const acknowledged = Math.max(...records.map((record) => (record.type === 'acknowledged' ? record.seq : 0)));
  const kept = records
    .filter((record) => record.type !== 'event' || record.seq > acknowledged)
    .map((record) => (record.type === 'snapshot' ? { ...record, seq, acknowledged } : record));
  const file = container.pathOnHost(journalFile);
  const before = readFileSync(file).length;
  writeFileSync(file, Buffer.concat(kept.map((record) => encodeRecord(record))), { mode: 0o600 });
  expect(readFileSync(file).length).toBeLessThan(before);
  return { forgotten: acknowledged };
}
