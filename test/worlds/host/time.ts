/**
 * Virtual time: nothing takes any but sleeping, and a sleep ends when everybody else has come to rest. The order of
 * events is a function of the program alone.
 */
export interface WorldTime {
  readonly nowMs: number;
  /** Calls `fire` at that time; the answer takes it back. */
  at(atMs: number, fire: () => void): () => void;
  /** Lets the world go on until `done` says so or `forMs` have passed; whether `done` said so. */
  run(forMs: number, done?: () => boolean): Promise<boolean>;
}

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** More than any test needs; whoever gets here turns in circles. */
const stepsMax = 3_000_000;

export function worldTime(): WorldTime {
  let nowMs = 0;
  const timers: Timer[] = [];
  const at = (atMs: number, fire: () => void): (() => void) => {
    const timer: Timer = { atMs: Math.max(atMs, nowMs), fire, cancelled: false };
    let index = timers.length;
    while (index > 0 && (timers[index - 1]?.atMs ?? 0) > timer.atMs) index -= 1;
    timers.splice(index, 0, timer);
    return () => {
      timer.cancelled = true;
    };
  };
  const run = async (forMs: number, done: () => boolean = () => false): Promise<boolean> => {
    const endMs = nowMs + forMs;
    for (let step = 0; step < stepsMax; step += 1) {
      await everybodyRests();
      if (done()) return true;
      while (timers[0]?.cancelled === true) timers.shift();
      const next = timers[0];
      if (next === undefined || next.atMs > endMs) {
        nowMs = endMs;
        return false;
      }
      timers.shift();
      nowMs = next.atMs;
      next.fire();
    }
    throw new Error(`the world turns in circles at ${nowMs} ms`);
  };
  return {
    get nowMs() {
      return nowMs;
    },
    at,
    run,
  };
}

/** All microtasks run dry before an immediate is called; in this world nothing else is ever pending. */
function everybodyRests(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
