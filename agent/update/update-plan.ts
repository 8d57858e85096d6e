/** The next step of an update, as the version that runs sees it. Pure: planned anew after each step and each start. */
import { Fault } from '#protocol/codes.ts';
import type { Fallback, Trial } from '#platform/trial-note.ts';
import type { ReturnedUpdate, UpdateOrder } from '#agent/update/order.ts';

/** A switch that is cut off so often is not tried again by itself. */
const triesMax = 3;
/** A version before that hears nothing within this either tells nothing about the new one. */
const blameWithinMs = 10 * 60_000;

export interface UpdateInput {
  /** Version of this program. */
  readonly own: string;
  readonly current: string | null;
  readonly order: UpdateOrder | null;
  readonly returned: ReturnedUpdate | null;
  readonly trial: Trial | null;
  /** The watcher is setting things back. */
  readonly returning: boolean;
  readonly fallback: Fallback | null;
  /** The console has taken a check-in of this process. */
  readonly heard: boolean;
  /** How long this process runs. */
  readonly sinceStartMs: number;
  /** The console's time. */
  readonly nowMs: number;
  /** Laid down and tried out by this process. */
  readonly prepared: boolean;
  readonly floorRaised: boolean;
}

export type UpdateStep =
  | { readonly kind: 'rest'; readonly why: string }
  /** Notes that the version before had to come back. */
  | { readonly kind: 'note-return'; readonly fallback: Fallback }
  /** A fallback of somebody else's making: nothing to say. */
  | { readonly kind: 'forget-fallback' }
  | { readonly kind: 'judge-return'; readonly counts: boolean }
  /** A round trip with the console: this version stays. */
  | { readonly kind: 'prove' }
  | { readonly kind: 'finish'; readonly order: UpdateOrder }
  /** Interrupted before the new version was the current one. */
  | { readonly kind: 'drop-trial' }
  | { readonly kind: 'raise-floor' }
  | { readonly kind: 'refuse'; readonly fault: Fault }
  | { readonly kind: 'prepare'; readonly order: UpdateOrder }
  | { readonly kind: 'switch'; readonly order: UpdateOrder };

export function planUpdate(input: UpdateInput): UpdateStep {
  const { own, current, fallback, trial, heard } = input;
  if (input.returning) return { kind: 'rest', why: 'the version before is being brought back' };
  if (fallback !== null) {
    return fallback.next === own ? { kind: 'forget-fallback' } : { kind: 'note-return', fallback };
  }
  const judged = judgement(input);
  if (judged !== null) return judged;
  if (trial !== null) {
    if (trial.next === own) return heard ? { kind: 'prove' } : { kind: 'rest', why: 'on trial' };
    return current === own ? { kind: 'drop-trial' } : { kind: 'rest', why: 'about to be replaced' };
  }
  if (input.order !== null) return planOrder(input, input.order);
  if (heard && !input.floorRaised) return { kind: 'raise-floor' };
  return { kind: 'rest', why: 'nothing is asked for' };
}

/**
 * A version that ended again and again is to blame. Any other is, when the version before it has one
 * soon: else the network is (G15).
 */
function judgement({ returned, heard, sinceStartMs }: UpdateInput): UpdateStep | null {
  if (returned === null) return null;
  if (returned.why === 'crashed') return { kind: 'judge-return', counts: true };
  if (sinceStartMs > blameWithinMs) return { kind: 'judge-return', counts: false };
  return heard ? { kind: 'judge-return', counts: true } : null;
}

function planOrder({ own, nowMs, prepared }: UpdateInput, order: UpdateOrder): UpdateStep {
  if (order.version === own) return { kind: 'finish', order };
  if (order.expiresAtMs <= nowMs)
    return { kind: 'refuse', fault: new Fault('command.expired', 'the update was to be begun earlier') };
  if (order.tries >= triesMax)
    return { kind: 'refuse', fault: new Fault('update.interrupted', `cut off ${order.tries} times`) };
  return prepared ? { kind: 'switch', order } : { kind: 'prepare', order };
}
