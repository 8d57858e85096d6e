/** What one console process does for alerts: looks for them, and sends what is to be told. */
import { createEvaluation } from '#console/alerts/evaluate.ts';
import { startLoop, type Loop } from '#console/alerts/loop.ts';
import type { OperatorSide } from '#console/operator-side.ts';

/** The first look comes when devices have had a moment to say how they are. */
const looking = { firstAfterMs: 15_000, everyMs: 60_000 };
const sending = { firstAfterMs: 5_000, everyMs: 5_000 };

export function startAlerts(
  { devices, hints, notifications }: Pick<OperatorSide, 'devices' | 'hints' | 'notifications'>,
  failed: (error: unknown) => void,
): Loop {
  const evaluation = createEvaluation({
    store: devices.store,
    clock: devices.clock,
    tell: notifications.tell,
    more: (nowMs) => notifications.conditions(nowMs),
    changed: () => hints.publish({ topic: 'alerts', id: null }, null),
  });
  const loops = [
    startLoop(() => evaluation.round(), looking, failed),
    startLoop(() => notifications.deliver(), sending, failed),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
