import { describe, expect, it } from 'vitest';
import { beat } from '#agent/heartbeat.ts';
import type { Log } from '#agent/log.ts';
import type { Clock } from '#platform/platform.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} } satisfies Log;

/** Runs for `beats` waits of simulated time. */
async function told(options: {
  watchdogMs: number | null;
  beats: number;
  turnSinceMs: (now: number) => number | null;
  deaf?: boolean;
}): Promise<string[]> {
  const stop = new AbortController();
  const said: string[] = [];
  let now = 0;
  let beats = 0;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    async sleep(ms) {
      now += ms;
      beats += 1;
      if (beats >= options.beats) stop.abort();
    },
  };
  const say = (sign: string) => async (): Promise<void> => {
    said.push(`${sign} ${now}`);
    if (options.deaf === true) throw new Error('nobody listens');
  };
  const manager = { watchdogMs: options.watchdogMs, ready: say('ready'), alive: say('alive') };
  await beat(manager, { turnSinceMs: () => options.turnSinceMs(now) }, { clock, log: silent, signal: stop.signal });
  return said;
}

describe('signs of life', () => {
  it('three within the patience of the manager, whether the loop rests or turns', async () => {
    const expected = ['ready 0', 'alive 0', 'alive 1000', 'alive 2000'];
    expect(await told({ watchdogMs: 3000, beats: 3, turnSinceMs: () => null })).toEqual(expected);
    expect(await told({ watchdogMs: 3000, beats: 3, turnSinceMs: (now) => now - 500 })).toEqual(expected);
  });

  it('none for a loop that hangs', async () => {
    const said = await told({ watchdogMs: 3 * 3_600_000, beats: 8, turnSinceMs: () => 0 });
    expect(said.at(-1)).toBe(`alive ${5 * 3_600_000}`);
  });

  it('none where nobody waits for one', async () => {
    expect(await told({ watchdogMs: null, beats: 1, turnSinceMs: () => null })).toEqual(['ready 0']);
  });

  it('goes on when the manager is not reached', async () => {
    expect(await told({ watchdogMs: 3000, beats: 2, turnSinceMs: () => null, deaf: true })).toHaveLength(3);
  });
});
