/** What comes out of the planner. Types only. */
import type { Candidate } from '#protocol/assignment.ts';
import type { FaultRecord } from '#protocol/codes.ts';
import type { ProtectionState } from '#protocol/state.ts';
import type { Condition } from '#protocol/words.ts';
import type { Approved } from '#protocol/approval.ts';
import type { Assignment } from '#protocol/assignment.ts';
import type { Facts } from '#agent/observe/facts.ts';
import type { Memory } from '#agent/memory/memory.ts';

export interface Reason {
  readonly code: string;
  readonly text: string;
}

export type AttemptResult = 'protected' | 'installed' | 'failed' | 'superseded' | 'unknown';

/** One action, never a script of them: after each the world is observed and planned again. */
export type Action =
  /** Fetches the package and verifies digest, signature and metadata; opens an attempt when none is open. */
  | { readonly kind: 'download'; readonly candidate: Candidate }
  /** Hands the verified package to the shim. */
  | { readonly kind: 'install'; readonly candidate: Candidate }
  /** The recipe's one repair of a half-installed package. */
  | { readonly kind: 'repair'; readonly candidate: Candidate }
  /** Claims a run that nobody has claimed: won, it never started; lost, it may have. */
  | { readonly kind: 'claim-run' }
  /** Starts an installed product that does not run; once per attempt. */
  | { readonly kind: 'start-product' }
  /** Records how the run ended. */
  | { readonly kind: 'conclude-run' }
  /** Reads what an installer that asked for a restart has said since. */
  | { readonly kind: 'conclude-restart' }
  /** Asks the system for a restart that an installer of this attempt wants; noted first, once per attempt. */
  | { readonly kind: 'request-reboot'; readonly attempt: number; readonly noticeMs: number }
  /** Takes a scheduled restart back. */
  | { readonly kind: 'cancel-reboot'; readonly why: string }
  | { readonly kind: 'close-attempt'; readonly result: AttemptResult; readonly fault: FaultRecord | null };

export type Decision =
  | { readonly kind: 'do'; readonly action: Action; readonly because: readonly Reason[] }
  | {
      readonly kind: 'wait';
      readonly condition: Condition | 'time';
      readonly lookAgainAtMs: number;
      /** When somebody should be told that this takes too long; null: never. */
      readonly escalatesAtMs: number | null;
      readonly because: readonly Reason[];
    }
  | { readonly kind: 'rest'; readonly lookAgainAtMs: number; readonly because: readonly Reason[] };

export interface Plan {
  readonly state: ProtectionState;
  readonly decision: Decision;
}

export interface Now {
  /** The console's time as far as known. */
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** Minute of the device's local day, for windows. */
  readonly localMinute: number;
}

/** An assignment whose signature, audience and order were checked, or a local one. */
export interface AcceptedAssignment {
  readonly assignment: Assignment;
  readonly source: 'console' | 'local';
  readonly vendorHosts: readonly string[];
  /** What the owner key has approved; null where the key set asks for no approvals. */
  readonly approved: Approved | null;
}

/** `never` outranks every console; `allowed` is what a server needs besides the console's word (G17). */
export type LocalReboot = 'never' | 'allowed' | null;

export interface PlanInput {
  readonly assignment: AcceptedAssignment | null;
  readonly enrolled: boolean;
  readonly facts: Facts;
  readonly memory: Memory;
  readonly now: Now;
  /** Digest of the circumstances a permanent verdict rests on (`basis.ts`). */
  readonly basis: string;
  /** The recipe's own need, beside the package. */
  readonly freeBytesMin: number;
  /** Past this an installer is reported as overdue; it goes on. */
  readonly overdueAfterMs: number;
  /** What the device's own configuration says about restarts by the agent; null: nothing. */
  readonly localReboot: LocalReboot;
  /** Set when the journal cannot be trusted to keep what happens next. */
  readonly journal: { readonly broken: FaultRecord | null; readonly tight: boolean };
}

/** A state without its `since`: the planner adds it from memory. */
export type BareState = ProtectionState extends infer S
  ? S extends { since: string }
    ? Omit<S, 'since'>
    : never
  : never;
export type BarePlan = { readonly state: BareState; readonly decision: Decision };
