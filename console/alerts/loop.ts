/** Work that is done again and again, never beside itself. */

export interface Loop {
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

export interface LoopTimes {
  readonly firstAfterMs: number;
  /** From the end of one turn to the next. */
  readonly everyMs: number;
}

/** `failed` is told of errors; the next turn tries again. */
export function startLoop(work: () => Promise<unknown>, times: LoopTimes, failed: (error: unknown) => void): Loop {
  let stopped = false;
  let running: Promise<unknown> = Promise.resolve();
  let timer = setTimeout(turn, times.firstAfterMs);
  timer.unref();
  function turn(): void {
    running = work()
      .catch(failed)
      .finally(() => {
        if (stopped) return;
        timer = setTimeout(turn, times.everyMs);
        timer.unref();
      });
  }
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
