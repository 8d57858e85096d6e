/** Lets so many in at once and keeps so many waiting; who comes then is told to come later. */
import { Fault } from '#protocol/codes.ts';

export interface Turnstile {
  /** Fault `rate-limited` when too many wait already. */
  pass<T>(work: () => Promise<T>): Promise<T>;
  readonly atOnceMax: number;
}

export function createTurnstile({ atOnceMax, waitingMax }: { atOnceMax: number; waitingMax: number }): Turnstile {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function enter(): Promise<void> {
    if (running < atOnceMax) {
      running += 1;
      return;
    }
    if (waiting.length >= waitingMax)
      throw new Fault('rate-limited', 'too many at once', { context: { retryAfterMs: 5_000 } });
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  /** A turn that ends is handed to whoever waits longest, so that nobody slips in between. */
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    atOnceMax,
    async pass(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
