/** A bell between two loops: whoever rings before somebody waits is not missed. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring (or one that came since the last wait), after `ms`, or when aborted. */
  wait(ms: number, abort?: AbortSignal): Promise<void>;
}

export interface Sleeper {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export function createBell(clock: Sleeper): Bell {
  let rung = false;
  let waiting: AbortController | null = null;
  return {
    ring() {
      rung = true;
      waiting?.abort();
    },
    async wait(ms, abort) {
      if (!rung && abort?.aborted !== true) {
        const own = new AbortController();
        waiting = own;
        const stop = (): void => own.abort();
        abort?.addEventListener('abort', stop);
        await clock.sleep(Math.max(0, ms), own.signal);
        abort?.removeEventListener('abort', stop);
        waiting = null;
      }
      rung = false;
    },
  };
}

export function waitForAbort(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
