/** What each journal record does to the memory, and what older versions left out of theirs. Pure. */
import {
  emptyMemory,
  type Change,
  type ChangeOf,
  type InstallerRun,
  type Memory,
  type OpenAttempt,
  type Pause,
  type RebootNote,
} from '#agent/memory/memory.ts';

const dayMs = 86_400_000;

type Folds = { readonly [K in Change['change']]: (memory: Memory, change: ChangeOf<K>) => Memory };

const folds: Folds = {
  'assignment-floor': (memory, { epoch, number }) => ({ ...memory, assignmentFloor: { epoch, number } }),
  'clock-floor': (memory, { nowMs }) => ({ ...memory, clockFloorMs: Math.max(memory.clockFloorMs, nowMs) }),
  epoch: (memory, { nowMs }) => ({ ...memory, clockFloorMs: nowMs }),
  'attempt-opened': (memory, { attempt }) => ({
    ...memory,
    attempt: wholeAttempt(attempt),
    attempts: attempt.attempt,
    pause: null,
    retryPending: null,
  }),
  step: (memory, { step }) => (memory.attempt === null ? memory : { ...memory, attempt: { ...memory.attempt, step } }),
  'run-prepared': runPrepared,
  'run-ended': (memory, { exit, atMs, saidInBoot = null, readInBoot = null }) =>
    changeRun(memory, (run) => ({ ...run, phase: 'ended', exit, endedAtMs: atMs, saidInBoot, readInBoot })),
  'run-never-started': (memory) => ({
    ...(memory.attempt === null ? memory : { ...memory, attempt: { ...memory.attempt, run: null } }),
    installerStartsMs: memory.installerStartsMs.slice(0, -1),
    installerRunsMs: memory.installerRunsMs.slice(0, -1),
  }),
  'attempt-closed': attemptClosed,
  pause: (memory, { pause }) => ({ ...memory, pause: wholePause(pause) }),
  retry: (memory, { by, commandId, atMs }) => ({
    ...memory,
    pause: null,
    faultCounts: {},
    unverified: {},
    raisedUntilMs: atMs + dayMs,
    attempt: memory.attempt === null ? null : { ...memory.attempt, follows: null },
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
  state: (memory, { key, atMs, alarm }) => ({ ...memory, state: { key, sinceMs: atMs, alarm: alarm ?? false } }),
  connection: (memory, { disconnectedSinceMs, everConnected }) => ({ ...memory, disconnectedSinceMs, everConnected }),
  opened: (memory, { seq, bootId }) => ({
    ...memory,
    unprovedSeq: memory.unprovedSeq ?? seq,
    bootId: bootId ?? memory.bootId,
  }),
  'reboot-asked': (memory, { reboot }) => ({ ...memory, reboot }),
  'reboot-phase': (memory, { phase }) => changeReboot(memory, { phase }),
  'reboot-unwanted': (memory) => changeReboot(memory, { unwanted: true }),
  bare: (memory, { bare }) => ({ ...memory, bare }),
  'update-wanted': (memory, { update }) => ({ ...memory, update }),
  'update-switching': (memory, { sha256 }) => ({
    ...memory,
    update:
      memory.update === null ? null : { ...memory.update, phase: 'switching', sha256, tries: memory.update.tries + 1 },
  }),
  'update-ended': (memory) => ({ ...memory, update: null }),
  'update-returned': (memory, { returned }) => ({ ...memory, update: null, updateReturned: returned }),
  'update-judged': (memory, { counts }) => {
    const { updateReturned, updateFailures } = memory;
    const failure = updateReturned !== null && counts ? [updateReturned] : [];
    const failures = [...updateFailures, ...failure.map(({ sha256, bootId }) => ({ sha256, bootId }))];
    return { ...memory, updateReturned: null, updateFailures: failures.slice(-20) };
  },
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

/** What a snapshot holds, with the defaults of what its version did not know. */
export function readMemory(stored: Readonly<Record<string, unknown>>): Memory {
  const memory: Memory = { ...emptyMemory, ...(stored as Partial<Memory>) };
  return {
    ...memory,
    attempt: memory.attempt === null ? null : wholeAttempt(memory.attempt),
    pause: wholePause(memory.pause),
    state: memory.state === null ? null : { ...memory.state, alarm: memory.state.alarm ?? false },
  };
}

/** Written by a version that knew no rungs. */
type Boots = 'saidInBoot' | 'readInBoot';
type OldRun = Omit<InstallerRun, Boots> & Partial<Pick<InstallerRun, Boots>>;
type OldAttempt = Omit<OpenAttempt, 'follows' | 'run'> &
  Partial<Pick<OpenAttempt, 'follows'>> & { readonly run: OldRun | null };
type OldPause = Omit<Pause, 'rung'> & Partial<Pick<Pause, 'rung'>>;

function wholeAttempt(attempt: OldAttempt): OpenAttempt {
  const run = attempt.run === null ? null : wholeRun(attempt.run);
  return { ...attempt, run, follows: wholePause(attempt.follows ?? null) };
}

function wholeRun(run: OldRun): InstallerRun {
  return { ...run, saidInBoot: run.saidInBoot ?? null, readInBoot: run.readInBoot ?? null };
}

function wholePause(pause: OldPause | null): Pause | null {
  return pause === null ? null : { ...pause, rung: pause.rung ?? null };
}

function changeReboot(memory: Memory, changes: Partial<RebootNote>): Memory {
  return memory.reboot === null ? memory : { ...memory, reboot: { ...memory.reboot, ...changes } };
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
    attempt: { ...attempt, run: wholeRun(run), repaired: attempt.repaired || run.purpose === 'repair' },
    installerStartsMs: [...recent(memory.installerStartsMs), ...added],
    installerRunsMs: [...recent(memory.installerRunsMs), ...added],
  };
}

function attemptClosed(memory: Memory, change: ChangeOf<'attempt-closed'>): Memory {
  const { fault, pause, verified, unverifiedPackage } = change;
  const installerStartsMs = change.startSpent ? memory.installerStartsMs : memory.installerStartsMs.slice(0, -1);
  const lastFault = fault ?? (verified ? null : memory.lastFault);
  const base = { ...memory, attempt: null, pause: wholePause(pause), lastFault, installerStartsMs };
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
