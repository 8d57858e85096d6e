/**
 * What the daemon must remember that no look at the machine can tell: budgets, the open attempt, what was decided and drawn.
 * A fold over journal records; pure. Facts about the machine are never remembered here, they are measured.
 */
import type { Candidate } from '#protocol/assignment.ts';
import type { FaultRecord } from '#protocol/codes.ts';
import type { AttemptStep } from '#protocol/words.ts';
import type { ExitMeaning } from '#installers/vendor.ts';

const dayMs = 86_400_000;

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
}

/** Why nothing is tried at the moment. */
export interface Pause {
  readonly fault: FaultRecord;
  /** When to try again; null: when `basis` changes, or on *Retry*. */
  readonly untilMs: number | null;
  /** Digest of the circumstances that the verdict rests on; another one lifts the pause. */
  readonly basis: string;
  /** Number of faults of this kind in a row. */
  readonly count: number;
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
  readonly state: { readonly key: string; readonly sinceMs: number } | null;
  /** First time the product was seen present without being connected; null while it is or is absent. */
  readonly disconnectedSinceMs: number | null;
  readonly everConnected: boolean;
  /** Newest number at the first start since the console last acknowledged anything; null once it has since the last start. */
  readonly unprovedSeq: number | null;
  readonly retryPending: { readonly by: 'console' | 'local'; readonly commandId: string | null } | null;
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
};

export type Change =
  | { readonly change: 'assignment-floor'; readonly epoch: number; readonly number: number }
  | { readonly change: 'clock-floor'; readonly nowMs: number }
  /** The owner has ended what an online key signed before; `nowMs` is the time of the owner's word. */
  | { readonly change: 'epoch'; readonly nowMs: number }
  | { readonly change: 'attempt-opened'; readonly attempt: OpenAttempt }
  | { readonly change: 'step'; readonly step: AttemptStep }
  | { readonly change: 'run-prepared'; readonly run: InstallerRun; readonly start: boolean }
  | { readonly change: 'run-ended'; readonly exit: RunExit; readonly atMs: number }
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
  | { readonly change: 'state'; readonly key: string; readonly atMs: number }
  | { readonly change: 'connection'; readonly disconnectedSinceMs: number | null; readonly everConnected: boolean }
  | { readonly change: 'opened'; readonly seq: number }
  /** The console knows nothing of this journal that we do not. */
  | { readonly change: 'proved' }
  | { readonly change: 'forgotten' };

export type ChangeOf<K extends Change['change']> = Extract<Change, { change: K }>;

type Folds = { readonly [K in Change['change']]: (memory: Memory, change: ChangeOf<K>) => Memory };

const folds: Folds = {
  'assignment-floor': (memory, { epoch, number }) => ({ ...memory, assignmentFloor: { epoch, number } }),
  'clock-floor': (memory, { nowMs }) => ({ ...memory, clockFloorMs: Math.max(memory.clockFloorMs, nowMs) }),
  epoch: (memory, { nowMs }) => ({ ...memory, clockFloorMs: nowMs }),
  'attempt-opened': (memory, { attempt }) => ({
    ...memory,
    attempt,
    attempts: attempt.attempt,
    pause: null,
    retryPending: null,
  }),
  step: (memory, { step }) => (memory.attempt === null ? memory : { ...memory, attempt: { ...memory.attempt, step } }),
  'run-prepared': runPrepared,
  'run-ended': (memory, { exit, atMs }) =>
    changeRun(memory, (run) => ({ ...run, phase: 'ended', exit, endedAtMs: atMs })),
  'run-never-started': (memory) => ({
    ...(memory.attempt === null ? memory : { ...memory, attempt: { ...memory.attempt, run: null } }),
    installerStartsMs: memory.installerStartsMs.slice(0, -1),
    installerRunsMs: memory.installerRunsMs.slice(0, -1),
  }),
  'attempt-closed': attemptClosed,
  pause: (memory, { pause }) => ({ ...memory, pause }),
  retry: (memory, { by, commandId, atMs }) => ({
    ...memory,
    pause: null,
    faultCounts: {},
    unverified: {},
    raisedUntilMs: atMs + dayMs,
    retryPending: memory.attempt === null ? { by, commandId } : memory.retryPending,
  }),
  command: (memory, { id, expiresAtMs, atMs }) => ({
    ...memory,
    executedCommands: [
      ...memory.executedCommands.filter((entry) => entry.expiresAtMs > atMs),
      { id, expiresAtMs },
    ].slice(-200),
  }),
  'command-position': (memory, { position }) => ({ ...memory, commandPosition: position }),
  state: (memory, { key, atMs }) => ({ ...memory, state: { key, sinceMs: atMs } }),
  connection: (memory, { disconnectedSinceMs, everConnected }) => ({ ...memory, disconnectedSinceMs, everConnected }),
  opened: (memory, { seq }) => ({ ...memory, unprovedSeq: memory.unprovedSeq ?? seq }),
  proved: (memory) => ({ ...memory, unprovedSeq: null }),
  /** Identity given up (unenrolled, cloned): budgets stay, what belongs to the old console goes. */
  forgotten: (memory) => ({
    ...memory,
    assignmentFloor: null,
    clockFloorMs: 0,
    executedCommands: [],
    commandPosition: 0,
    unprovedSeq: null,
  }),
};

export function applyChange(memory: Memory, change: Change): Memory {
  const fold = folds[change.change] as (memory: Memory, change: Change) => Memory;
  return fold(memory, change);
}

export function isChangeName(name: string): name is Change['change'] {
  return Object.hasOwn(folds, name);
}

function changeRun(memory: Memory, edit: (run: InstallerRun) => InstallerRun): Memory {
  const { attempt } = memory;
  if (attempt?.run == null) return memory;
  return { ...memory, attempt: { ...attempt, run: edit(attempt.run) } };
}

function runPrepared(memory: Memory, { run, start }: ChangeOf<'run-prepared'>): Memory {
  const { attempt } = memory;
  if (attempt === null) return memory;
  const recent = (starts: readonly number[]): number[] => starts.filter((at) => at > run.preparedAtMs - dayMs);
  const added = start ? [run.preparedAtMs] : [];
  return {
    ...memory,
    runs: run.run,
    attempt: { ...attempt, run, repaired: attempt.repaired || run.purpose === 'repair' },
    installerStartsMs: [...recent(memory.installerStartsMs), ...added],
    installerRunsMs: [...recent(memory.installerRunsMs), ...added],
  };
}

function attemptClosed(memory: Memory, change: ChangeOf<'attempt-closed'>): Memory {
  const { fault, pause, verified, unverifiedPackage } = change;
  const installerStartsMs = change.startSpent ? memory.installerStartsMs : memory.installerStartsMs.slice(0, -1);
  const lastFault = fault ?? (verified ? null : memory.lastFault);
  const base = { ...memory, attempt: null, pause, lastFault, installerStartsMs };
  if (verified) return { ...base, faultCounts: {}, unverified: {} };
  const faultCounts =
    fault === null
      ? memory.faultCounts
      : { ...memory.faultCounts, [fault.code]: (memory.faultCounts[fault.code] ?? 0) + 1 };
  const unverified =
    unverifiedPackage === null
      ? memory.unverified
      : { ...memory.unverified, [unverifiedPackage]: (memory.unverified[unverifiedPackage] ?? 0) + 1 };
  return { ...base, faultCounts, unverified };
}
