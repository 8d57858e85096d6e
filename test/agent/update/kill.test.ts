/** Death at every single effect of a switch, of the agent, of its watcher and of the machine: never without a version to start. */
import { describe, expect, it } from 'vitest';
import { HostedDevice } from '#test/worlds/host/hosted.ts';
import { first, second, UpdatingDevice, type Nature } from '#test/worlds/host/updating.ts';

const timeout = 300_000;
const patienceMs = 4 * 3_600_000;

/** Who starts and watches: systemd and a unit beside, `current` being a link; or the service host of Windows, and a file. */
const worlds = { link: UpdatingDevice, file: HostedDevice } as const;
type Pointer = keyof typeof worlds;

interface Life {
  readonly pointer: Pointer;
  readonly nature: Nature;
  readonly crash: 'process' | 'power';
  /** Effects counted from the order on. */
  readonly agentDiesAt?: number;
  readonly watcherDiesAt?: number;
  /** The new version, counted from its start. */
  readonly newDiesAt?: number;
}

interface Lived {
  readonly device: UpdatingDevice;
  readonly agentEffects: number;
  readonly watcherEffects: number;
  readonly problems: readonly string[];
}

async function live({ pointer, nature, crash, agentDiesAt, watcherDiesAt, newDiesAt }: Life): Promise<Lived> {
  const device = new worlds[pointer]();
  device.natures.set(second, nature);
  device.host.loss = 'part';
  device.start();
  await device.host.time.run(120_000, () => device.running?.agent.current.heardAtMs != null);
  device.crash = crash;
  const { process } = device;
  const before = process?.effects.length ?? 0;
  const watchedBefore = device.watched();
  if (process !== null && agentDiesAt !== undefined) process.crashAt = before + agentDiesAt;
  // A process of before dies with the crash of now only when it was started with it.
  if (crash === 'power' && process !== null && agentDiesAt !== undefined) cutPowerAtDeath(device);
  if (watcherDiesAt !== undefined) device.crashWatcherAt(watcherDiesAt);
  if (newDiesAt !== undefined) device.crashes = [newDiesAt];
  device.order();
  const settled = (): boolean => device.outcome() !== null && device.tree.notes.size === 0 && device.running !== null;
  const over = await device.host.time.run(patienceMs, settled);
  const expected = nature === 'good' ? [second, 'done'] : [first, 'returned'];
  const problems = [...device.violations()];
  if (!over)
    problems.push(`not over: ${JSON.stringify([device.outcome(), [...device.tree.notes], device.tree.current])}`);
  const found = [device.running?.agent.version, device.outcome()?.result];
  if (found.join() !== expected.join()) problems.push(`ended as ${found.join()} ${device.outcome()?.code}`);
  if (device.tree.gaps > 0) problems.push('there was nothing to start');
  const agentEffects = (process?.effects.length ?? 0) - before;
  return { device, agentEffects, watcherEffects: device.watched() - watchedBefore, problems };
}

function cutPowerAtDeath(device: UpdatingDevice): void {
  const { host, process } = device;
  const { onDeath } = host;
  host.onDeath = (dead) => {
    onDeath(dead);
    if (dead !== process) return;
    host.onDeath = onDeath;
    host.cutPower();
  };
}

async function problemsOf(lives: readonly (Life & { readonly at: string })[]): Promise<string[]> {
  const found: string[] = [];
  for (const life of lives) found.push(...(await live(life)).problems.map((problem) => `${life.at}: ${problem}`));
  return found;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const switches = (['link', 'file'] as const).flatMap((pointer) =>
  (['good', 'crashing', 'silent'] as const).map((nature) => ({ pointer, nature })),
);

describe.each(switches)('the switch ($pointer) to a version that is $nature', ({ pointer, nature }) => {
  it.each(['process', 'power'] as const)(
    'survives the death of the agent at every effect (%s)',
    { timeout },
    async (crash) => {
      const whole = await live({ pointer, nature, crash });
      expect(whole.problems).toEqual([]);
      expect(whole.agentEffects).toBeGreaterThan(15);
      const lives = upTo(whole.agentEffects).map((at) => ({
        pointer,
        nature,
        crash,
        agentDiesAt: at,
        at: `agent ${at}`,
      }));
      expect(await problemsOf(lives)).toEqual([]);
    },
  );

  it.each(['process', 'power'] as const)(
    'survives the death of the watcher at every effect (%s)',
    { timeout },
    async (crash) => {
      const { watcherEffects } = await live({ pointer, nature, crash });
      expect(watcherEffects).toBeGreaterThan(nature === 'good' ? 0 : 5);
      const lives = upTo(watcherEffects).map((at) => ({
        pointer,
        nature,
        crash,
        watcherDiesAt: at,
        at: `watcher ${at}`,
      }));
      expect(await problemsOf(lives)).toEqual([]);
    },
  );
});

const deaths = (['link', 'file'] as const).flatMap((pointer) =>
  (['process', 'power'] as const).map((crash) => ({ pointer, crash })),
);

it.each(deaths)(
  'the death of the new version at every effect of its first minutes is no reason to go back ($pointer, $crash)',
  { timeout },
  async ({ pointer, crash }) => {
    const { device } = await live({ pointer, nature: 'good', crash });
    const effects = device.process?.effects.length ?? 0;
    expect(effects).toBeGreaterThan(15);
    const lives = upTo(effects).map((at) => ({
      pointer,
      nature: 'good' as const,
      crash,
      newDiesAt: at,
      at: `new ${at}`,
    }));
    expect(await problemsOf(lives)).toEqual([]);
  },
);
