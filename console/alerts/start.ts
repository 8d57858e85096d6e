/** The rounds of alerts of one console process. */
import { createEvaluation } from '#console/alerts/evaluate.ts';
import type { OperatorSide } from '#console/operator-side.ts';

const roundEveryMs = 60_000;
/** The first look comes when devices have had a moment to say how they are. */
const firstAfterMs = 15_000;

export interface Rounds {
  stop(): Promise<void>;
}

/** `failed` is told of errors, and the next round tries again. A round that takes long is not run beside itself. */
export function startAlerts({ devices, hints }: OperatorSide, failed: (error: unknown) => void): Rounds {
  const evaluation = createEvaluation({
    store: devices.store,
    clock: devices.clock,
    tell: () => Promise.resolve(),
    more: () => Promise.resolve([]),
    changed: () => hints.publish({ topic: 'alerts', id: null }, null),
  });
  let stopped = false;
  let running: Promise<unknown> = Promise.resolve();
  let timer = setTimeout(turn, firstAfterMs);
  timer.unref();
  function turn(): void {
    running = evaluation
      .round()
      .catch(failed)
      .finally(() => {
        if (stopped) return;
        timer = setTimeout(turn, roundEveryMs);
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
