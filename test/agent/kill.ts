/** Deaths of agent, shim and machine at every single effect of an install. */
import { describe, expect, it } from 'vitest';
import type { DeviceOptions } from '#test/worlds/host/device.ts';
import type { Loss } from '#test/worlds/host/disk.ts';
import type { Script } from '#test/worlds/host/installer.ts';
import { live, type Life } from '#test/agent/crash.ts';

export const timeout = 300_000;

export type Moment = Life & { readonly at: string };

/** Problems of every life, each with the moment it belongs to. */
export async function problemsOf(moments: readonly Moment[], startsMax: number): Promise<string[]> {
  const found: string[] = [];
  for (const moment of moments) {
    const { device, problems } = await live(moment);
    found.push(...problems.map((problem) => `${moment.at}: ${problem}`));
    const { starts } = device.host.packageManager;
    // What the loss of power cut off was started and must be started again; nothing else may be.
    const cutOff = starts.filter((start) => !start.ended && start.boot < device.host.boot).length;
    if (starts.length > startsMax + cutOff) found.push(`${moment.at}: ${starts.length} starts, ${cutOff} cut off`);
  }
  return found;
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

export interface Install {
  readonly name: string;
  readonly scripts: readonly Script[];
  /** Of the package manager, when nobody dies. */
  readonly starts: number;
  readonly losses: readonly Loss[];
  readonly options?: DeviceOptions;
}

/** Without any death; how many effects there are to die at. */
async function effectsOf(install: Install): Promise<{ agent: number; shim: number }> {
  const { device, problems } = await live({ scripts: install.scripts, options: install.options ?? {} });
  expect(problems).toEqual([]);
  expect(device.host.packageManager.starts).toHaveLength(install.starts);
  const agent = device.process?.effects.length ?? 0;
  const shim = device.host.shimRuns[0]?.effects.length ?? 0;
  expect(agent).toBeGreaterThan(100);
  expect(shim).toBeGreaterThan(15);
  return { agent, shim };
}

export function survives(install: Install): void {
  const { scripts, starts, losses, options = {} } = install;
  describe(install.name, () => {
    it('survives the death of the agent at every effect', { timeout }, async () => {
      const { agent } = await effectsOf(install);
      const moments = upTo(agent).map((at) => ({ scripts, options, agentDiesAt: [at], at: `agent ${at}` }));
      expect(await problemsOf(moments, starts)).toEqual([]);
    });

    it('survives the death of the shim at every effect', { timeout }, async () => {
      const { shim } = await effectsOf(install);
      const moments = upTo(shim).map((at) => ({ scripts, options, shim: { crashAt: at }, at: `shim ${at}` }));
      expect(await problemsOf(moments, starts)).toEqual([]);
    });

    it.each(losses)('survives the loss of power at every effect of the agent, lost: %s', { timeout }, async (loss) => {
      const { agent } = await effectsOf(install);
      const moments = upTo(agent).map((at) => {
        const power = { agentDiesAt: [at], crash: 'power', loss, options: { ...options, seed: at } } as const;
        return { ...power, scripts, at: `power ${at}` };
      });
      expect(await problemsOf(moments, starts)).toEqual([]);
    });

    it.each(losses)('survives the loss of power at every effect of the shim, lost: %s', { timeout }, async (loss) => {
      const { shim } = await effectsOf(install);
      const moments = upTo(shim).map((at) => {
        const power = { shim: { crashAt: at, crash: 'power' }, loss, options: { ...options, seed: at } } as const;
        return { ...power, scripts, at: `power ${at}` };
      });
      expect(await problemsOf(moments, starts)).toEqual([]);
    });
  });
}
