/** How the vendor's installers end on Windows, and an agent that is killed while they run: both formats, real exit codes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../scripts/build/agent.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import type { WindowsStandIn } from '#test/worlds/sentinelone/windows/build.ts';
import { assignmentFile, startWindowsDevice, type WindowsDevice } from '#test/worlds/wine/device.ts';
import { onWine } from '#test/worlds/wine/on-wine.ts';
import { windowsStandIns, type WindowsMisbehaviour } from '#test/worlds/wine/stand-ins.ts';

const withinMs = 120_000;
let sentinelOne: SentinelOneWorld;
let standIns: readonly WindowsStandIn[];
beforeAll(async () => {
  sentinelOne = await startSentinelOne();
  standIns = await windowsStandIns();
});
afterAll(() => sentinelOne.stop());

interface Ended {
  readonly exitCode: number | null;
  readonly meaning: string;
}

/** The first state that the end of the installer led to; what is tried after that is not looked at here. */
function afterwards(device: WindowsDevice): ProtectionState | undefined {
  const { events } = device.memory();
  const exited = events.findIndex(({ kind }) => kind === 'installer-exited');
  const states = exited === -1 ? [] : events.slice(exited).filter(({ kind }) => kind === 'state-changed');
  return states
    .map(({ data }) => data['state'] as ProtectionState)
    .find(({ kind }) => kind !== 'installing' && kind !== 'checking');
}

describe.each(['x64', 'x86'] as const)('%s Windows', (windows) => {
  let agent = '';
  beforeAll(async () => {
    agent = (await buildAgent({ target: `windows-${windows}`, trust: 'test', testKeys: null })).file;
  });

  async function begin(format: 'exe' | 'msi', how: WindowsMisbehaviour): Promise<WindowsDevice> {
    const file = standIns.find((one) => one.target === `windows-${windows}` && one.format === format);
    if (file === undefined) throw new Error(`no ${format} for ${windows}`);
    const device = await startWindowsDevice({ name: `installers-${windows}`, windows, agent });
    device.assign(file, sentinelOne);
    device.misbehave(how);
    device.startAgent('--assignment', assignmentFile);
    return device;
  }

  const version = windows === 'x64' ? '24.1.4.257' : '23.3.3.264';
  const nothing = { 'installs-nothing': true };

  test.each([
    ['exe', 0, {}, { kind: 'protected', version }],
    ['exe', 12, {}, { kind: 'protected', version }],
    ['msi', 3010, {}, { kind: 'degraded', version, problems: [{ kind: 'reboot-needed' }] }],
    ['exe', 100, nothing, { kind: 'waiting', condition: 'reboot' }],
    ['exe', 2002, nothing, { kind: 'not-protecting', reason: 'bare-after-failed-upgrade' }],
  ] as const)('%s ending with %d', async (format, exit, how, state) => {
    await onWine(
      () => begin(format, { exit, ...how }),
      async (device) => {
        await device.until('a state after the installer', () => afterwards(device) !== undefined, withinMs);
        expect(device.memory().of<Ended>('installer-exited')[0]).toMatchObject({ exitCode: exit });
        expect(afterwards(device), device.story()).toMatchObject(state);
      },
    );
  });

  // Another try may follow at once; what this one ended with stands in its own record.
  test.each([
    ['exe', 4711, 'install.unknown-exit', nothing],
    ['msi', 1603, 'install.failed', { ...nothing, lingers: 30 }],
    ['msi', 1618, 'install.busy', nothing],
  ] as const)('%s ending with %d is %s', async (format, exit, code, how) => {
    await onWine(
      () => begin(format, { exit, ...how }),
      async (device) => {
        await device.until('the end of the attempt', () => device.memory().of('attempt-ended').length > 0, withinMs);
        const memory = device.memory();
        expect(memory.of<Ended>('installer-exited')[0]).toMatchObject({ exitCode: exit });
        expect(memory.of('attempt-ended')[0], device.story()).toMatchObject({ result: 'failed', fault: { code } });
        await device.until('a state', () => afterwards(device) !== undefined, withinMs);
        expect(['retrying', 'waiting', 'failed']).toContain(afterwards(device)?.kind);
      },
    );
  });

  test.each(['exe', 'msi'] as const)('the agent killed while the %s runs joins it', async (format) => {
    await onWine(
      () => begin(format, { hang: 8 }),
      async (device) => {
        await device.until('the installer', () => device.installerRuns() === 1, withinMs);
        await device.killAgent();
        device.startAgent('--assignment', assignmentFile);
        await device.untilState('protected', withinMs);
        expect(device.installerRuns()).toBe(1);
        const memory = device.memory();
        expect(memory.of('attempt-started')).toHaveLength(1);
        expect(memory.of('agent-started')).toHaveLength(2);
      },
    );
  });

  test('an installer that ends at once while its work goes on is waited for', async () => {
    await onWine(
      () => begin('exe', { early: true, hang: 4 }),
      async (device) => {
        await device.untilState('protected', withinMs);
        expect(device.installerRuns()).toBe(1);
        expect(device.memory().of('attempt-ended'), device.story()).toMatchObject([{ result: 'protected' }]);
      },
    );
  });
});
