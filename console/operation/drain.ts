/** Leaving slowly: nobody is cut off who is nearly done, and not everybody comes back at once. */
import type { FastifyInstance } from 'fastify';
import type { ConsoleConfig } from '#console/config.ts';
import type { DeviceSide } from '#console/context.ts';

/** Held requests are answered over as many ms as there are, so that devices do not all turn to the next console together. */
const spreadMaxMs = 5_000;
const lookEveryMs = 100;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Closes listeners; what is in work may end, a connection that has nothing to do is ended by us. */
async function close(apps: readonly FastifyInstance[], limitMs: number, hurry: AbortSignal): Promise<void> {
  const untilMs = performance.now() + limitMs;
  const timer = setInterval(() => {
    const late = hurry.aborted || performance.now() >= untilMs;
    for (const { server } of apps) {
      if (late) server.closeAllConnections();
      else server.closeIdleConnections();
    }
  }, lookEveryMs);
  await Promise.all(apps.map((app) => app.close()));
  clearInterval(timer);
}

/** Not ready at once; then held requests are answered, and what is in work gets until the limit. */
export async function drain(
  side: DeviceSide,
  apps: readonly FastifyInstance[],
  { noticeSeconds, limitSeconds }: ConsoleConfig['drain'],
  hurry: AbortSignal,
): Promise<void> {
  side.readiness.leave();
  const spreadMs = Math.min(spreadMaxMs, side.waiters.held());
  side.waiters.wakeAll(null, 'drain', spreadMs);
  const untilMs = performance.now() + Math.max(noticeSeconds * 1000, spreadMs);
  while (performance.now() < untilMs && !hurry.aborted) await pause(Math.min(lookEveryMs, untilMs - performance.now()));
  side.waiters.wakeAll(null, 'drain', 0);
  await close(apps, limitSeconds * 1000, hurry);
}
