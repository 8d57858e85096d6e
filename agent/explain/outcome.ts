/** What a device amounts to for another tool (MDM suites, remote management, scripts): one word out of a closed list. Pure. */
import type { ProtectionState } from '#protocol/state.ts';
import type { Condition } from '#protocol/words.ts';
import type { Plan } from '#agent/plan/decision.ts';

export type Outcome =
  | 'protected'
  | 'needs-attention'
  | 'restart-needed'
  | 'busy'
  | 'not-protecting'
  | 'other-antivirus'
  | 'needs-you'
  | 'unsupported'
  | 'not-assigned'
  | 'watching'
  | 'later'
  | 'working'
  | 'unclear'
  | 'foreign-console';

/** Of a wait: what it means to somebody who will not sit through it. */
const waits: Readonly<Record<Condition, Outcome>> = {
  'package-manager-free': 'busy',
  'installer-settled': 'busy',
  'antivirus-gone': 'other-antivirus',
  reboot: 'restart-needed',
  'disk-space': 'needs-you',
  clock: 'needs-you',
  network: 'later',
  window: 'later',
  turn: 'later',
  console: 'later',
};

export function outcomeOf(state: ProtectionState): Outcome {
  switch (state.kind) {
    case 'protected':
      return 'protected';
    case 'degraded':
      return ofProblems(state.problems.map(({ kind }) => kind));
    case 'not-protecting':
      return state.reason === 'reboot-pending' || state.waitsFor === 'reboot' ? 'restart-needed' : 'not-protecting';
    case 'checking':
      return 'unclear';
    case 'unsupported':
      return 'unsupported';
    case 'unassigned':
      return 'not-assigned';
    case 'paused':
      return 'watching';
    case 'installing':
      return 'working';
    case 'blocked':
      return state.conflicts.length === 0 ? 'unclear' : 'other-antivirus';
    case 'waiting':
      return waits[state.condition];
    case 'retrying':
      return 'later';
    case 'failed':
      return 'needs-you';
  }
}

/** An agent of another tenant is no protection of ours, and nothing counts as protected before a restart that is owed. */
function ofProblems(kinds: readonly string[]): Outcome {
  if (kinds.includes('foreign-console')) return 'foreign-console';
  return kinds.includes('reboot-needed') ? 'restart-needed' : 'needs-attention';
}

export interface Settlement {
  readonly outcome: Outcome;
  /** It may pass by itself within minutes: whoever has the time waits for so long. */
  readonly patienceMs: number;
}

const shortWaitMs = 2 * 60_000;
const assignmentComesMs = 20_000;

/** Null while the agent still has something to do, or an installer to wait for. */
export function settlementOf({ state, decision }: Plan, attemptIsOpen: boolean): Settlement | null {
  if (decision.kind === 'do' || state.kind === 'installing') return null;
  if (decision.kind === 'wait' && decision.condition === 'reboot') return { outcome: 'restart-needed', patienceMs: 0 };
  if (attemptIsOpen) return null;
  return { outcome: outcomeOf(state), patienceMs: patienceOf(state) };
}

function patienceOf(state: ProtectionState): number {
  if (state.kind === 'checking' || state.kind === 'retrying') return shortWaitMs;
  if (state.kind === 'blocked') return state.conflicts.length === 0 ? shortWaitMs : 0;
  if (state.kind === 'unassigned') return state.reason === 'no-assignment' ? assignmentComesMs : 0;
  if (state.kind !== 'waiting' || state.condition === 'window') return 0;
  return ['busy', 'later'].includes(waits[state.condition]) ? shortWaitMs : 0;
}
