import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '#platform/platform.ts';

const sliceMs = 60_000;

/**
 * The machine's own clock. `bootMs` reads milliseconds since boot with sleep included; it is asked again every minute
 * of a long sleep, because timers stand still while a laptop is suspended.
 */
export function systemClock(bootMs: () => number): Clock {
  let highest = 0;
  const monotonic = (): number => {
    highest = Math.max(highest, bootMs());
    return highest;
  };
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    const end = monotonic() + ms;
    for (let left = ms; left > 0 && signal?.aborted !== true; left = end - monotonic()) {
      await pause(Math.min(left, sliceMs), signal);
    }
  };
  return { now: () => Date.now(), monotonic, sleep };
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
