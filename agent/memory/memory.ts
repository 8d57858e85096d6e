/**
 * What the daemon must remember that no look at the machine can tell: budgets, the open attempt, what was decided and drawn.
 * Types only; `memory-folds.ts` builds it from journal records. Facts about the machine are never remembered, they are
 * measured. What an older version did not write has its default in `memory-folds.ts` too.
 */
import type { Candidate } from '#protocol/assignment.ts';
import type { FaultRecord } from '#protocol/codes.ts';
import type { AttemptStep } from '#protocol/words.ts';
import type { ReturnedUpdate, UpdateChange, UpdateFailure, UpdateOrder } from '#agent/update/order.ts';
import type { ExitMeaning } from '#installers/vendor.ts';

/** One run of an installer; a repair or a second try is a run of its own. */
export interface InstallerRun {
  readonly run: number;
  /** Name of the run's private directory. */
  readonly directory: string;
  readonly purpose: 'install' | 'repair';
  /** `prepared`: written before the shim is launched; it may or may not have started. `ended`: its exit was read or given up. */
  readonly phase: 'prepared' | 'ended';
  readonly preparedAtMs: number;
  readonly bootId: string;
  readonly exit: RunExit | null;
  readonly endedAtMs: number | null;
  /** Boot that `exit` was said in: a restart it asks for is owed as long as that lasts. null: the run's own. */
  readonly saidInBoot: string | null;
  /** Boot in which it was last asked; an installer that goes on after a restart has another word to say then. */
  readonly readInBoot: string | null;
}

/** How a run ended and what the recipe's table says of it. `known` is false when nobody saw the end. */
export interface RunExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly known: boolean;
  readonly meaning: ExitMeaning | null;
}

export interface OpenAttempt {
  readonly attempt: number;
  readonly package: Candidate;
  readonly trigger: 'automatic' | 'retry' | 'repair';
  readonly startedAtMs: number;
  readonly assignmentNumber: number;
  readonly step: AttemptStep;
  readonly run: InstallerRun | null;
  readonly repaired: boolean;
  /** The pause it came out of: it stands on that pause's rung. null: nothing went before, or *Retry* wiped it away. */
  readonly follows: Pause | null;
}

/** The rung of an exit code's ladder that the next try stands on. */
export type PauseRung =
  | { readonly kind: 'again' | 'fresh-download' }
  /** Not before the machine is in another boot than this one. `attempt` is the one that asks for the restart. */
  | { readonly kind: 'after-reboot'; readonly bootId: string; readonly attempt: number }
  /** Added to the recipe's own arguments for this one try. */
  | { readonly kind: 'changed-arguments'; readonly arguments: readonly string[] };

/** Why nothing is tried at the moment. */
export interface Pause {
  readonly fault: FaultRecord;
  /** When to try again; null: when `basis` changes, or on *Retry*. */
  readonly untilMs: number | null;
  /** Digest of the circumstances that the verdict rests on; another one lifts the pause. */
  readonly basis: string;
  /** Number of faults of this kind in a row. */
  readonly count: number;
  /** null: the fault's class decided, or the ladder is at its end. */
  readonly rung: PauseRung | null;
}

/** A restart that the agent asks for: noted before it is asked, so that nothing makes it ask twice. */
export interface RebootNote {
  readonly attempt: number;
  /** The boot that it ends. */
  readonly bootId: string;
  /** When the machine goes down: the console's time, and the time since its boot, which alone is reckoned with. */
  readonly dueAtMs: number;
  readonly dueUptimeMs: number;
  /** Minute of the device's local day, for people. */
  readonly dueLocalMinute: number;
  /** `asked`: whether the system has taken it is not known. */
  readonly phase: 'asked' | 'scheduled' | 'failed' | 'cancelled';
  /** Somebody wants it called off. */
  readonly unwanted: boolean;
}

/** A failed upgrade took away what protected the device. */
export interface BareNote {
  readonly attempt: number;
  readonly fault: FaultRecord;
}

export interface Memory {
  readonly assignmentFloor: { readonly epoch: number; readonly number: number } | null;
  /** Highest time the console has ever signed (G33). */
  readonly clockFloorMs: number;
  readonly attempts: number;
  readonly runs: number;
  readonly attempt: OpenAttempt | null;
  readonly pause: Pause | null;
  /** Starts that count against the day's six; one that ended on a condition (a lock) is given back. */
  readonly installerStartsMs: readonly number[];
  /** Every installer that may have run in the last 24 hours; nothing is given back: the ceiling rests on it (G17). */
  readonly installerRunsMs: readonly number[];
  /** *Retry* raises the daily limit until then. */
  readonly raisedUntilMs: number;
  /** How often each code has ended an attempt since the last success or *Retry*. */
  readonly faultCounts: Readonly<Record<string, number>>;
  /** Installs per package (SHA-256) that ended without the product being there. */
  readonly unverified: Readonly<Record<string, number>>;
  readonly executedCommands: readonly { readonly id: string; readonly expiresAtMs: number }[];
  readonly commandPosition: number;
  readonly lastFault: FaultRecord | null;
  /** Kind, cause and start of the state last reported; the start survives restarts. */
  readonly state: { readonly key: string; readonly sinceMs: number; readonly alarm: boolean } | null;
  /** First time the product was seen present without being connected; null while it is or is absent. */
  readonly disconnectedSinceMs: number | null;
  readonly everConnected: boolean;
  /** Newest number at the first start since the console last acknowledged anything; null once it has since the last start. */
  readonly unprovedSeq: number | null;
  readonly retryPending: { readonly by: 'console' | 'local'; readonly commandId: string | null } | null;
  /** The newest restart that the agent asked for; none is asked again for the same attempt. */
  readonly reboot: RebootNote | null;
  /** Set until the product is seen again. */
  readonly bare: BareNote | null;
  /** Boot in which the agent was last started; null: not known. */
  readonly bootId: string | null;
  /** The update of the agent itself that is asked for. */
  readonly update: UpdateOrder | null;
  readonly updateReturned: ReturnedUpdate | null;
  /** The newest twenty. */
  readonly updateFailures: readonly UpdateFailure[];
}

export const emptyMemory: Memory = {
  assignmentFloor: null,
  clockFloorMs: 0,
  attempts: 0,
  runs: 0,
  attempt: null,
  pause: null,
  installerStartsMs: [],
  installerRunsMs: [],
  raisedUntilMs: 0,
  faultCounts: {},
  unverified: {},
  executedCommands: [],
  commandPosition: 0,
  lastFault: null,
  state: null,
  disconnectedSinceMs: null,
  everConnected: false,
  unprovedSeq: null,
  retryPending: null,
  reboot: null,
  bare: null,
  bootId: null,
  update: null,
  updateReturned: null,
  updateFailures: [],
};

/** Left out by versions that read an exit only once. */
type RunBoots = { readonly saidInBoot?: string; readonly readInBoot?: string };

export type Change =
  | UpdateChange
  | { readonly change: 'assignment-floor'; readonly epoch: number; readonly number: number }
  | { readonly change: 'clock-floor'; readonly nowMs: number }
  /** The owner has ended what an online key signed before; `nowMs` is the time of the owner's word. */
  | { readonly change: 'epoch'; readonly nowMs: number }
  | { readonly change: 'attempt-opened'; readonly attempt: OpenAttempt }
  | { readonly change: 'step'; readonly step: AttemptStep }
  | { readonly change: 'run-prepared'; readonly run: InstallerRun; readonly start: boolean }
  | ({ readonly change: 'run-ended'; readonly exit: RunExit; readonly atMs: number } & RunBoots)
  /** Proved not to have started: the start that was counted is given back. */
  | { readonly change: 'run-never-started' }
  | {
      readonly change: 'attempt-closed';
      readonly fault: FaultRecord | null;
      readonly pause: Pause | null;
      readonly verified: boolean;
      readonly unverifiedPackage: string | null;
      /** False gives the last start back: it ended on a condition (a lock), not on its own failure. */
      readonly startSpent: boolean;
    }
  | { readonly change: 'pause'; readonly pause: Pause | null }
  | {
      readonly change: 'retry';
      readonly by: 'console' | 'local';
      readonly commandId: string | null;
      readonly atMs: number;
    }
  | { readonly change: 'command'; readonly id: string; readonly expiresAtMs: number; readonly atMs: number }
  | { readonly change: 'command-position'; readonly position: number }
  | { readonly change: 'state'; readonly key: string; readonly atMs: number; readonly alarm?: boolean }
  | { readonly change: 'connection'; readonly disconnectedSinceMs: number | null; readonly everConnected: boolean }
  | { readonly change: 'opened'; readonly seq: number; readonly bootId?: string }
  | { readonly change: 'reboot-asked'; readonly reboot: RebootNote }
  | { readonly change: 'reboot-phase'; readonly phase: RebootNote['phase'] }
  /** Somebody does not want the restart that is scheduled. */
  | { readonly change: 'reboot-unwanted' }
  | { readonly change: 'bare'; readonly bare: BareNote | null }
  /** The console knows nothing of this journal that we do not. */
  | { readonly change: 'proved' }
  | { readonly change: 'forgotten' };

export type ChangeOf<K extends Change['change']> = Extract<Change, { change: K }>;
