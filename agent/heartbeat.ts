/** Signs of life to the service manager that started us: only as long as the loop turns. */
import type { Clock } from '#platform/platform.ts';
import type { ServiceManager } from '#platform/own-service.ts';
import type { Daemon } from '#agent/daemon.ts';
import type { Log } from '#agent/log.ts';

/** Longer than any download may take; an installer is not part of a turn. */
const turnMaxMs = 6 * 3_600_000;

/**
 * Says `ready` once, then `alive` three times within the manager's patience, until aborted. A loop that hangs is not
 * spoken for: the manager then starts the agent anew. A sign that could not be given is logged and given again.
 */
export async function beat(
  manager: Pick<ServiceManager, 'watchdogMs' | 'ready' | 'alive'>,
  daemon: Pick<Daemon, 'turnSinceMs'>,
  setting: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, log, signal } = setting;
  const say = (sign: 'ready' | 'alive'): Promise<void> =>
    manager[sign]().catch((error: unknown) =>
      log.warn('the service manager was not reached', { error: String(error) }),
    );
  await say('ready');
  if (manager.watchdogMs === null) return;
  while (!signal.aborted) {
    const since = daemon.turnSinceMs();
    if (since === null || clock.monotonic() - since < turnMaxMs) await say('alive');
    else log.error('the loop hangs', { sinceMs: clock.monotonic() - since });
    await clock.sleep(manager.watchdogMs / 3, signal);
  }
}
