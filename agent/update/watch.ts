/** `watch-update`: the watcher of an update at work, one step at a time; it may be ended at any point and begins anew. */
import type { Clock } from '#platform/platform.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import { fallbackText, readFallback, readTrial, type Trial } from '#platform/trial-note.ts';
import type { WatchedService, WatchedState } from '#platform/update-host.ts';
import type { Log } from '#agent/log.ts';
import { planWatch, type WatchStep } from '#agent/update/watch-plan.ts';

const lookEveryMs = 1_000;

export interface WatchSetting {
  readonly versions: ProgramVersions;
  readonly service: WatchedService;
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

interface Seen {
  readonly startedAtMs: number;
  restartsBefore: number | null;
  restarted: boolean;
  why: 'crashed' | 'silent' | null;
}

/** One turn; answers how long to wait for the next, null when there is nothing (more) to watch. */
export type Watcher = () => Promise<number | null>;

export function createWatcher(setting: WatchSetting): Watcher {
  const { versions, service, clock } = setting;
  const seen: Seen = { startedAtMs: clock.monotonic(), restartsBefore: null, restarted: false, why: null };
  return async () => {
    const state = await service.look().catch(() => null);
    // Who cannot be asked may be asked again; time goes on.
    const looked = state ?? { state: 'running', restarts: seen.restartsBefore ?? 0, version: null, exitCode: 0 };
    seen.restartsBefore ??= looked.restarts;
    const step = planWatch({
      trial: readTrial(await versions.note('trial')),
      returning: readTrial(await versions.note('returning')),
      current: await versions.current(),
      service: looked,
      elapsedMs: clock.monotonic() - seen.startedAtMs,
      restartsBefore: seen.restartsBefore,
      restarted: seen.restarted,
    });
    return act(setting, seen, { step, state: looked });
  };
}

async function act(
  { versions, service, log }: WatchSetting,
  seen: Seen,
  { step, state }: { readonly step: WatchStep; readonly state: WatchedState },
): Promise<number | null> {
  switch (step.kind) {
    case 'done':
      return null;
    case 'drop-trial':
      await versions.removeNote('trial');
      return null;
    case 'wait':
      return lookEveryMs;
    case 'restart':
      seen.restarted = true;
      await service.restart();
      seen.restartsBefore = (await service.look().catch(() => state)).restarts;
      return lookEveryMs;
    case 'take':
      seen.why = step.why;
      log.warn('the new version did not prove itself', { why: step.why });
      // Lost: it has proved itself in this very moment.
      return (await versions.renameNote('trial', 'returning')) ? 0 : null;
    case 'set-back':
      await setBack(versions, service, { trial: step.trial, why: seen.why ?? 'unknown', state });
      log.info('the version before runs again', { version: step.trial.previous });
      return null;
  }
}

interface SetBack {
  readonly trial: Trial;
  readonly why: string;
  readonly state: WatchedState;
}

/**
 * The link first, so that whatever ends or starts the agent from now on starts the version before. Then the new one is ended
 * before anything is written: it may be what has filled the disk, and its own program is room that is free again.
 */
async function setBack(
  versions: ProgramVersions,
  service: WatchedService,
  { trial, why, state }: SetBack,
): Promise<void> {
  const { next, previous } = trial;
  const pointed = await versions.makeCurrent(previous).then(
    () => true,
    () => false,
  );
  await service.kill();
  await versions.remove(next).catch(() => undefined);
  if (!pointed) await versions.makeCurrent(previous);
  // A watcher that was ended here has said it already, and knew more.
  const said = readFallback(await versions.note('fallback'));
  const text = fallbackText(said?.next === next ? said : { next, previous, why, exitCode: state.exitCode });
  const written = await versions.writeNote('fallback', text).then(
    () => true,
    () => false,
  );
  if (written) await versions.removeNote('returning');
  else await versions.renameNote('returning', 'fallback');
  // What a person has stopped stays so.
  if (state.state !== 'stopped') await service.restart();
}
