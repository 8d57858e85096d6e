/** What the watcher of an update does next: it runs the version before, and knows only what the system tells. Pure. */
import type { Trial } from '#platform/trial-note.ts';
import type { WatchedState } from '#platform/update-host.ts';

/** As the service host of Windows counts too. */
const crashesMax = 3;

export interface WatchInput {
  readonly trial: Trial | null;
  /** Set back has begun: the same note, taken by a watcher. */
  readonly returning: Trial | null;
  readonly current: string | null;
  readonly service: WatchedState;
  /** Since this watcher began; anew after a restart of the machine, so a boot in mid-switch costs the new version nothing. */
  readonly elapsedMs: number;
  /** How often the service had been started anew when the new version was. */
  readonly restartsBefore: number;
  /** This watcher has had the new version started. */
  readonly restarted: boolean;
}

export type WatchStep =
  | { readonly kind: 'done' }
  /** It names no version that is started: there is nothing to watch. */
  | { readonly kind: 'drop-trial' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'wait' }
  /** Takes the note, so that the new version can prove nothing any more. */
  | { readonly kind: 'take'; readonly why: 'crashed' | 'silent' }
  | { readonly kind: 'set-back'; readonly trial: Trial };

export function planWatch(input: WatchInput): WatchStep {
  const { trial, returning, current, service } = input;
  if (returning !== null) return { kind: 'set-back', trial: returning };
  if (trial === null) return { kind: 'done' };
  if (current !== trial.next) return { kind: 'drop-trial' };
  if (!input.restarted && service.version !== trial.next) return { kind: 'restart' };
  if (service.state === 'failed' || service.restarts - input.restartsBefore >= crashesMax)
    return { kind: 'take', why: 'crashed' };
  return input.elapsedMs >= trial.seconds * 1000 ? { kind: 'take', why: 'silent' } : { kind: 'wait' };
}
