/** The next action of an open attempt. Pure. */
import { Fault, type FaultCode, type FaultRecord } from '#protocol/codes.ts';
import type { InstallerRun, OpenAttempt } from '#agent/memory/memory.ts';
import type { Action, BarePlan, PlanInput, Reason } from '#agent/plan/decision.ts';
import { isProved, productState, untilRestarted } from '#agent/plan/product-state.ts';
import { obstacle } from '#agent/plan/preconditions.ts';
import { awaitReboot, owedReboot, rebootDecision, type OwedReboot } from '#agent/plan/reboot.ts';
import { startBudget } from '#agent/schedule.ts';

/** The vendor's agent needs minutes to show up at its console; seen 2 to 5. */
const registrationGraceMs = 5 * 60_000;
const pollMinMs = 100;
const pollMaxMs = 1_000;
const overduePollMs = 15_000;

export function planAttempt(input: PlanInput, attempt: OpenAttempt): BarePlan {
  const { run } = attempt;
  if (run === null) return beforeRun(input, attempt);
  return run.phase === 'prepared' ? duringRun(input, attempt) : afterRun(input, attempt, run);
}

/** Nothing has been started yet: whatever has changed ends the attempt, and that is no fault. */
function beforeRun(input: PlanInput, attempt: OpenAttempt): BarePlan {
  const { facts } = input;
  const chosen = facts.selection?.value.chosen ?? null;
  if (facts.product.value.state === 'present')
    return close(attempt, 'superseded', null, 'the product is already there');
  if (chosen === null || chosen.sha256 !== attempt.package.sha256) {
    return close(attempt, 'superseded', null, 'another package is assigned now');
  }
  const stopped = obstacle(input);
  if (stopped !== null) return close(attempt, 'superseded', null, stopped.because[0]?.text ?? 'circumstances changed');
  return fetchOrInstall(input, attempt.package, attempt.attempt);
}

export function fetchOrInstall(input: PlanInput, candidate: OpenAttempt['package'], attempt: number): BarePlan {
  const { package: file, product } = input.facts;
  if (product.value.state === 'partial')
    return act({ kind: 'repair', candidate }, attempt, 'repair', 'the package is half installed');
  if (file.status === 'ready')
    return act({ kind: 'install', candidate }, attempt, 'install', 'package verified, nothing in the way');
  return act({ kind: 'download', candidate }, attempt, 'download', 'the package is not on the device yet');
}

function duringRun(input: PlanInput, attempt: OpenAttempt): BarePlan {
  const { run } = input.facts;
  const step = attempt.run?.purpose ?? 'install';
  switch (run.status) {
    case 'ended':
      return act({ kind: 'conclude-run' }, attempt.attempt, step, 'the installer has ended');
    case 'running':
      if (run.forMs > input.overdueAfterMs) return overdue(input, run.forMs);
      return waitFor(input, attempt, step, `the installer runs for ${Math.round(run.forMs / 1000)} s`);
    case 'unclaimed':
      if (!run.overdue) return waitFor(input, attempt, step, 'the installer is being started');
      return act({ kind: 'claim-run' }, attempt.attempt, step, 'nobody has started the installer yet');
    case 'none':
      return act({ kind: 'claim-run' }, attempt.attempt, step, 'the run has left no trace');
  }
}

/**
 * Never killed for time: it is reported, and looked at less often. Installers were seen not to return although their work
 * was done: a product that proves itself is shown as what it is; only the attempt stays open.
 */
function overdue(input: PlanInput, forMs: number): BarePlan {
  const record = fault('install.overdue', `runs for ${Math.round(forMs / 60_000)} minutes`);
  const lookAgainAt = new Date(input.now.wallMs + overduePollMs).toISOString();
  const done = isProved(input.facts.product.value);
  return {
    state: done
      ? productState(input)
      : { kind: 'waiting', condition: 'installer-settled', fault: record, holder: null, lookAgainAt },
    decision: {
      kind: 'wait',
      condition: 'installer-settled',
      lookAgainAtMs: input.now.monotonicMs + overduePollMs,
      escalatesAtMs: null,
      because: [{ code: record.code, text: record.detail }],
    },
  };
}

/** The exit is evidence only: what the device shows now decides. */
function afterRun(input: PlanInput, attempt: OpenAttempt, run: InstallerRun): BarePlan {
  const { product, settled } = input.facts;
  const quietForNothing = settled.quietOnly === true && isProved(product.value);
  if (!settled.settled && !quietForNothing)
    return waitFor(input, attempt, 'settle', `waiting for ${settled.holder ?? 'the system'} to finish`);
  const owed = owedReboot(input);
  if (owed !== null) return whileRebootOwed(input, attempt, owed);
  if (hasMoreToSay(input, run)) {
    const text = 'the machine was restarted: what the installer says since then is read';
    return act({ kind: 'conclude-restart' }, attempt.attempt, 'settle', text);
  }
  switch (product.value.state) {
    case 'present':
      return awaitProof(input, attempt);
    case 'partial':
      return asksForRestart(run) ? closeUnproved(attempt, run) : repairOnce(input, attempt, run);
    case 'absent':
      return closeUnproved(attempt, run);
  }
}

/**
 * The installer goes on after a restart: until then nothing is repaired, nothing started again, and nothing called
 * protected, whatever the product says of itself.
 */
function whileRebootOwed(input: PlanInput, attempt: OpenAttempt, owed: OwedReboot): BarePlan {
  const product = input.facts.product.value;
  const stopped = awaitReboot(input, owed);
  const decision = rebootDecision(stopped);
  if (product.state !== 'present') return { state: stopped.state, decision };
  if (!isProved(product) && withinRegistrationGrace(input, attempt)) {
    return { state: { kind: 'installing', step: 'register', attempt: attempt.attempt, progress: null }, decision };
  }
  return { state: untilRestarted(productState(input), stopped.because.map(({ text }) => text).join('; ')), decision };
}

/**
 * Once per boot, until it has said something: an installer that went on after the restart leaves its last word, also that
 * it failed. Its file stays where it is, so that in later boots the same word would look like another one.
 */
function hasMoreToSay({ facts }: PlanInput, { exit, saidInBoot, readInBoot, bootId }: InstallerRun): boolean {
  const isUnread = (readInBoot ?? bootId) !== facts.machine.value.bootId;
  const isFirstWord = (saidInBoot ?? bootId) === bootId;
  return exit?.meaning?.outcome === 'done-reboot' && isUnread && isFirstWord && !isProved(facts.product.value);
}

/** Half removed by an installer that wants a restart before anything else: another run now could take away the rest. */
function asksForRestart({ exit }: InstallerRun): boolean {
  const meaning = exit?.meaning ?? null;
  return meaning?.outcome === 'fault' && meaning.ladder.some((rung) => rung.kind === 'after-reboot');
}

/** A repair is a start of an installer like any other and keeps the same ceiling. */
function repairOnce(input: PlanInput, attempt: OpenAttempt, run: InstallerRun): BarePlan {
  if (attempt.repaired && run.exit?.known !== true) {
    const unseen = fault('install.outcome-unknown', 'the repair was cut off, the package is half installed');
    return close(attempt, 'unknown', unseen, unseen.detail);
  }
  if (attempt.repaired) {
    const record = fault('install.partial', 'half installed, also after the repair');
    return close(attempt, 'failed', record, 'the repair did not help');
  }
  const budget = startBudget(input.memory, input.now.wallMs);
  if (budget.nextAtMs !== null) {
    const record = fault('install.budget-spent', `half installed; ${budget.used} starts in 24 hours are used`);
    return close(attempt, 'failed', record, record.detail);
  }
  const action = { kind: 'repair', candidate: attempt.package } as const;
  return act(action, attempt.attempt, 'repair', 'the package is half installed');
}

function withinRegistrationGrace({ now }: PlanInput, { run }: OpenAttempt): boolean {
  const waitedMs = run === null ? 0 : now.wallMs - (run.endedAtMs ?? run.preparedAtMs);
  return waitedMs < registrationGraceMs && waitedMs >= 0;
}

function awaitProof(input: PlanInput, attempt: OpenAttempt): BarePlan {
  const product = input.facts.product.value;
  if (isProved(product)) return close(attempt, 'protected', null, 'installed, running, healthy and connected');
  if (product.serviceRunning === false && attempt.step !== 'register') {
    return act({ kind: 'start-product' }, attempt.attempt, 'register', 'installed, but its service does not run');
  }
  if (withinRegistrationGrace(input, attempt)) {
    return waitFor(input, attempt, 'register', 'installed; waiting until it reports to its SentinelOne console');
  }
  return close(attempt, 'installed', null, 'installed, but not proved within 5 minutes');
}

function closeUnproved(attempt: OpenAttempt, run: InstallerRun): BarePlan {
  const { exit } = run;
  if (exit?.known !== true) {
    const unseen = fault('install.outcome-unknown', 'the end of the installer was not seen, the product is absent');
    return close(attempt, 'unknown', unseen, unseen.detail);
  }
  const ended = `the installer ended with ${exit.code ?? exit.signal ?? 'nothing'}`;
  const record =
    exit.meaning?.outcome === 'fault'
      ? fault(exit.meaning.code ?? 'install.failed', exit.meaning.text)
      : fault('install.not-verified', `${ended}, the product is absent`);
  return close(attempt, 'failed', record, record.detail);
}

function fault(code: FaultCode, detail: string): FaultRecord {
  return new Fault(code, detail).toRecord();
}

function close(
  attempt: OpenAttempt,
  result: Extract<Action, { kind: 'close-attempt' }>['result'],
  record: FaultRecord | null,
  text: string,
): BarePlan {
  return act({ kind: 'close-attempt', result, fault: record }, attempt.attempt, attempt.step, text);
}

function act(action: Action, attempt: number, step: string, text: string): BarePlan {
  const because: Reason[] = [{ code: action.kind, text }];
  return { state: { kind: 'installing', step, attempt, progress: null }, decision: { kind: 'do', action, because } };
}

/** Noticed within a twentieth of the time it took: quick things at once, long ones without looking all the time. */
function pollMs(input: PlanInput, { run }: OpenAttempt): number {
  const elapsedMs = run === null ? 0 : input.now.wallMs - (run.endedAtMs ?? run.preparedAtMs);
  if (elapsedMs < 0) return pollMaxMs;
  return Math.min(pollMaxMs, Math.max(pollMinMs, Math.round(elapsedMs / 20)));
}

function waitFor(input: PlanInput, attempt: OpenAttempt, step: string, text: string): BarePlan {
  const decision = {
    kind: 'wait',
    condition: 'installer-settled',
    lookAgainAtMs: input.now.monotonicMs + pollMs(input, attempt),
    escalatesAtMs: null,
    because: [{ code: step, text }],
  } as const;
  return { state: { kind: 'installing', step, attempt: attempt.attempt, progress: null }, decision };
}
