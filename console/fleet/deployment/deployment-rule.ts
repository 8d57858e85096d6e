/** The brake on a deployment, as decisions over counts. Pure. */
import type { Pace } from '#console/api/pace.ts';
import { causeOf } from '#console/api/shown-state.ts';
import type { ProtectionState } from '#protocol/state.ts';

/** Installs that may start under a limit; null: no limit. Rounded up, so that a small fleet starts at all. */
export function startsMaxOf(limitPercent: Pace['limitPercent'], installs: number): number | null {
  return limitPercent === null ? null : Math.ceil((installs * limitPercent) / 100);
}

export interface Ended {
  readonly done: number;
  readonly failed: number;
}

export interface HaltRule {
  readonly haltPercent: number;
  readonly haltFailuresMin: number;
  /** As they stood when somebody last approved to go on: what was seen then does not halt again. */
  readonly before: Ended;
}

/** Whether so many of the installs ended badly that no further one should start. */
export function shouldHalt({ done, failed }: Ended, rule: HaltRule): boolean {
  const failedSince = failed - rule.before.failed;
  const doneSince = Math.max(0, done - rule.before.done);
  if (failedSince < rule.haltFailuresMin) return false;
  return failedSince * 100 >= rule.haltPercent * (failedSince + doneSince);
}

/**
 * What a state says about the install a slot was given for. `going`: not decided yet. `not-now`: nothing was or will be
 * started, so somebody else may have the slot.
 */
export type SlotOutcome = 'going' | 'done' | 'failed' | 'not-now';

export interface SlotSince {
  readonly givenAtMs: number;
  readonly tokenGiven: boolean;
}

export function slotOutcome(state: ProtectionState, slot: SlotSince): SlotOutcome {
  const outcome = outcomeOf(state, slot.tokenGiven);
  // A device that was told to try again still says at first how the last try ended.
  return outcome !== 'done' && Date.parse(state.since) < slot.givenAtMs ? 'going' : outcome;
}

function outcomeOf(state: ProtectionState, tokenGiven: boolean): SlotOutcome {
  switch (state.kind) {
    case 'protected':
    case 'degraded':
      return 'done';
    case 'failed':
      return 'failed';
    // What only a restart finishes has not failed, and nobody knows when somebody restarts the machine.
    case 'not-protecting':
      return state.reason === 'reboot-pending' ? 'not-now' : 'failed';
    // Before the site token there was no installer: a download that breaks off is nobody's bad package.
    case 'retrying':
      return tokenGiven ? 'failed' : 'not-now';
    case 'blocked':
    case 'unsupported':
      return 'not-now';
    case 'waiting':
      // It goes on, perhaps for ever: those after it must not meet the same.
      if (state.fault.code === 'install.overdue') return 'failed';
      return state.condition === 'window' || state.condition === 'reboot' ? 'not-now' : 'going';
    // Older words of the device: they came before it knew of its slot.
    case 'paused':
    case 'unassigned':
    case 'checking':
    case 'installing':
      return 'going';
  }
}

/** Ready to install, as far as the device itself can tell. One that was left bare says so beside its loss. */
export function asksForTurn(state: ProtectionState): boolean {
  if (state.kind === 'not-protecting') return state.waitsFor === 'turn';
  return state.kind === 'waiting' && state.condition === 'turn';
}

/** For the reader of a halt. */
export function failureCause(state: ProtectionState): string {
  return state.kind === 'waiting' ? state.fault.code : (causeOf(state) ?? state.kind);
}

/** Servers wait no longer for a client that has not said whether it would install: what SentinelOne removed never does. */
export const answerWithinMs = 30 * 60_000;
/** A slot that nobody used for so long goes to somebody else; no site token was fetched with it. */
export const unusedSlotMs = 30 * 60_000;
/** A device that fetched its site token and says nothing for so long counts as failed: it may have lost its network. */
export const silentSlotMs = 2 * 3_600_000;
/** Whatever a device says meanwhile: no install takes so long, and a slot that never ends stops everybody else. */
export const endlessSlotMs = 12 * 3_600_000;
