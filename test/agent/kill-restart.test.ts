import { describe, expect, it } from 'vitest';
import { restarting } from '#test/worlds/host/restarting.ts';
import { afterRestart, asked, hourMs, start, starts, type Setting } from '#test/agent/restarts.ts';
import { timeout } from '#test/agent/kill.ts';

const setting: Setting = { scripts: [restarting.goesOn], reboots: true };

/** Number of the effect by which the agent asks for the restart. */
async function requestAt(): Promise<number> {
  const device = start(setting);
  await device.host.time.run(hourMs, () => asked(device) === 1);
  const effects = device.process?.effects ?? [];
  expect(effects).toContain('request reboot');
  return effects.indexOf('request reboot') + 1;
}

/** Dies at that effect; what went against the promises. */
async function diesAt(at: number, crash: 'process' | 'power'): Promise<string[]> {
  const device = start({ ...setting, diesAt: at, crash });
  device.host.loss = 'all';
  await device.host.time.run(3 * hourMs, () => device.state?.kind === 'protected');
  const problems = device.violations();
  if (asked(device) > 1) problems.push(`asked ${asked(device)} times`);
  const { state } = device;
  // A restart that was noted and not asked is somebody else's now; nothing else may keep the device from it.
  if (state?.kind === 'waiting' && state.condition === 'reboot') {
    if (asked(device) > 0 && device.host.boot > 1) problems.push('it waits for a second restart');
    await afterRestart(device);
  }
  if (!(await device.until('protected', 2 * hourMs))) problems.push(`not protected: ${JSON.stringify(device.state)}`);
  if (starts(device) !== 1) problems.push(`${starts(device)} starts`);
  return problems.map((problem) => `${crash} ${at}: ${problem}`);
}

describe('a restart by the agent', () => {
  it.each(['process', 'power'] as const)(
    'is asked once whenever the agent dies around it, with the loss of: %s',
    { timeout },
    async (crash) => {
      const request = await requestAt();
      const problems: string[] = [];
      for (let at = request - 12; at <= request + 12; at += 1) problems.push(...(await diesAt(at, crash)));
      expect(problems).toEqual([]);
    },
  );
});
