/**
 * A device as the planner knows it, without any effect: decisions are carried out as the executors journal them, through the
 * real memory and the real schedule. Time, boots and clocks are the test's. Thousands of lives a second.
 */
import { Fault, type FaultRecord } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import type { ExitMeaning, ProductFacts } from '#installers/vendor.ts';
import type { RunFacts } from '#agent/observe/facts.ts';
import { applyChange } from '#agent/memory/memory-folds.ts';
import { emptyMemory, type Change, type Memory, type OpenAttempt } from '#agent/memory/memory.ts';
import { basisOf } from '#agent/plan/basis.ts';
import type { AcceptedAssignment, Action, AttemptResult, LocalReboot, Plan, PlanInput } from '#agent/plan/decision.ts';
import { plan, stateKey } from '#agent/plan/plan.ts';
import { isProved } from '#agent/plan/product-state.ts';
import { quietAfterBootMs, ladderOf, pauseAfter } from '#agent/schedule.ts';
import { machine } from '#test/installers/sentinelone/samples.ts';
import { absent, aged, assignment, attempt, candidate, facts, input, run, wallMs } from '#test/agent/plan/input.ts';

/** What one run of the installer comes to. */
export interface Outcome {
  readonly code: number | null;
  readonly meaning: ExitMeaning | null;
  readonly runsForMs: number;
  readonly leaves: ProductFacts;
  /** What the product is after the next boot, when its installer goes on by itself then. */
  readonly afterBoot: ProductFacts | null;
  /** What it says of itself then. */
  readonly saysAfterBoot: Pick<Outcome, 'code' | 'meaning'> | null;
}

export interface Start {
  readonly atMs: number;
  readonly boot: number;
  readonly attempt: number;
  readonly arguments: boolean;
}

/** What lies on the disk. */
export type Saved = Pick<Model, 'memory' | 'product' | 'packageReady'>;

export class Model {
  memory: Memory = emptyMemory;
  product: ProductFacts = absent;
  /** True time; the clock may say otherwise. */
  nowMs = 0;
  clockOffMs = 0;
  boot = 1;
  bootedAtMs = -48 * 3_600_000;
  packageReady = false;
  assignment: AcceptedAssignment | null = assignment();
  readonly starts: Start[] = [];
  readonly reboots: { readonly atMs: number; readonly attempt: number }[] = [];
  readonly problems: string[] = [];
  readonly #outcomes: readonly Outcome[];
  readonly #random: () => number;
  readonly #localReboot: LocalReboot;
  #running: { readonly endsAtMs: number; readonly outcome: Outcome } | null = null;
  #ended: Outcome | null = null;
  #afterBoot: ProductFacts | null = null;
  #saysAfterBoot: Outcome['saysAfterBoot'] = null;
  #rebootAtMs: number | null = null;
  #owedInBoot: number | null = null;

  constructor(options: { outcomes: readonly Outcome[]; random: () => number; localReboot: LocalReboot }) {
    this.#outcomes = options.outcomes;
    this.#random = options.random;
    this.#localReboot = options.localReboot;
  }

  input(): PlanInput {
    const wall = wallMs + this.nowMs + this.clockOffMs;
    const uptimeMs = this.nowMs - this.bootedAtMs;
    const open = this.memory.attempt?.run ?? null;
    const isQuiet = open === null || open.bootId === this.#bootId() || uptimeMs >= quietAfterBootMs;
    const holder = this.#running === null ? 'the restart (5 minutes)' : 'installer (7)';
    const seen = facts({
      machine: aged(machine({ product: 'client', bootId: this.#bootId() })),
      product: aged(this.product),
      package: this.packageReady ? { status: 'ready', file: '/p' } : { status: 'absent' },
      run: this.#runFacts(),
      settled:
        this.#running === null && isQuiet
          ? { settled: true, holder: null }
          : { settled: false, holder, quietOnly: this.#running === null },
      uptimeMs,
    });
    const given = input({
      assignment: this.assignment,
      memory: this.memory,
      facts: seen,
      localReboot: this.#localReboot,
      now: { wallMs: wall, monotonicMs: uptimeMs, localMinute: Math.floor(wall / 60_000) % 1440 },
    });
    return { ...given, basis: basisOf(given.assignment, given.facts, sha256Hex) };
  }

  /** One turn of the loop, with what the daemon journals around it. */
  turn(judge: (planned: Plan, given: PlanInput) => void): Plan {
    this.#noteProduct();
    const given = this.input();
    const planned = plan(given);
    judge(planned, given);
    const alarm = planned.state.kind === 'waiting' && planned.state.alarm === true;
    this.#apply({ change: 'state', key: stateKey(planned.state), atMs: Date.parse(planned.state.since), alarm });
    if (planned.decision.kind === 'do') this.#act(planned.decision.action, given);
    return planned;
  }

  /** Lets so much time pass; what is due meanwhile happens at its time. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const due = [this.#running?.endsAtMs, this.#rebootAtMs ?? undefined].filter((at) => at !== undefined);
      const next = Math.min(...due);
      if (!(next <= endMs)) break;
      this.nowMs = Math.max(this.nowMs, next);
      if (this.#running !== null && this.#running.endsAtMs <= this.nowMs) this.#installerEnds(this.#running.outcome);
      else this.restart();
    }
    this.nowMs = endMs;
  }

  /** In mid-run the exit is lost, and the package may be left half. */
  restart(): void {
    if (this.#running !== null) {
      this.product = this.#running.outcome.leaves.state === 'absent' ? absent : { ...absent, state: 'partial' };
      this.#ended = { ...this.#running.outcome, code: null, meaning: null };
    }
    this.#running = null;
    this.#rebootAtMs = null;
    this.boot += 1;
    this.bootedAtMs = this.nowMs;
    if (this.#afterBoot !== null) this.product = this.#afterBoot;
    this.#afterBoot = null;
  }

  /** The installer goes on, and nobody will have seen its end. */
  loseExit(): void {
    if (this.#running !== null) this.#running = { ...this.#running, outcome: unseen(this.#running.outcome) };
    else if (this.#ended !== null) this.#ended = unseen(this.#ended);
  }

  retry(): void {
    this.#apply({ change: 'retry', by: 'console', commandId: null, atMs: wallMs + this.nowMs + this.clockOffMs });
  }

  /** The file is damaged: everything is forgotten but what the machine shows. */
  loseMemory(): void {
    this.memory = emptyMemory;
    this.#owedInBoot = null;
    this.loseExit();
  }

  save(): Saved {
    const { memory, product, packageReady } = this;
    return { memory, product, packageReady };
  }

  /** As of a virtual machine that is set back: another boot of an older disk. */
  setBack(saved: Saved): void {
    this.#running = null;
    this.#ended = null;
    this.#afterBoot = null;
    this.restart();
    Object.assign(this, saved);
  }

  #bootId(): string {
    return `boot-${this.boot}`;
  }

  #apply(change: Change): void {
    this.memory = applyChange(this.memory, change);
  }

  #runFacts(): RunFacts {
    const open = this.memory.attempt?.run ?? null;
    if (open === null || open.phase === 'ended') return { status: 'none' };
    if (this.#running !== null) return { status: 'running', forMs: this.nowMs - (this.starts.at(-1)?.atMs ?? 0) };
    const { code, meaning } = this.#ended ?? { code: null, meaning: null };
    return { status: 'ended', known: meaning !== null, code, signal: null, refused: null };
  }

  #installerEnds(outcome: Outcome): void {
    this.#running = null;
    this.#ended = outcome;
    this.product = outcome.leaves;
    this.#afterBoot = outcome.afterBoot;
    this.#saysAfterBoot = outcome.saysAfterBoot;
    if (outcome.meaning?.outcome === 'done-reboot') this.#owedInBoot = this.boot;
  }

  #act(action: Action, given: PlanInput): void {
    const { wallMs: atMs } = given.now;
    switch (action.kind) {
      case 'download':
        this.#open(given);
        this.packageReady = true;
        return;
      case 'install':
      case 'repair':
        this.#open(given);
        return this.#start(action.kind, given);
      case 'claim-run':
        return this.#apply({ change: 'run-never-started' });
      case 'start-product':
        return this.#apply({ change: 'step', step: 'register' });
      case 'conclude-run': {
        const { code, meaning } = this.#ended ?? { code: null, meaning: null };
        const exit = { code, signal: null, known: meaning !== null, meaning };
        const run = this.memory.attempt?.run?.bootId ?? '';
        return this.#apply({ change: 'run-ended', exit, atMs, saidInBoot: run, readInBoot: run });
      }
      case 'conclude-restart':
        return this.#concludeRestart(given);
      case 'request-reboot':
        return this.#askReboot(action.attempt, given);
      case 'cancel-reboot':
        this.#rebootAtMs = null;
        return this.#apply({ change: 'reboot-phase', phase: 'cancelled' });
      case 'close-attempt':
        return this.#close(action.result, action.fault, given);
    }
  }

  /** The installer that went on has left its word in its file, or nothing. */
  #concludeRestart(given: PlanInput): void {
    const open = this.memory.attempt?.run ?? null;
    if (open?.exit == null) return;
    const said = this.#saysAfterBoot;
    const exit = said === null ? open.exit : { code: said.code, signal: null, known: true, meaning: said.meaning };
    if (said?.meaning?.outcome === 'done-reboot') this.#owedInBoot = this.boot;
    const readInBoot = this.#bootId();
    const saidInBoot = said === null ? (open.saidInBoot ?? open.bootId) : readInBoot;
    this.#apply({ change: 'run-ended', exit, atMs: given.now.wallMs, saidInBoot, readInBoot });
  }

  #open(given: PlanInput): void {
    if (this.memory.attempt !== null) return;
    const number = this.memory.attempts + 1;
    const follows = this.memory.pause;
    const opened = attempt({ attempt: number, package: candidate, startedAtMs: given.now.wallMs, follows });
    this.#apply({ change: 'attempt-opened', attempt: opened });
  }

  #start(purpose: 'install' | 'repair', given: PlanInput): void {
    const outcome = this.#outcomes[this.starts.length % this.#outcomes.length];
    if (outcome === undefined) throw new Error('no outcome');
    if (this.product.state === 'present') this.problems.push('an installer was started over a present product');
    if (this.#owedInBoot === this.boot) this.problems.push('an installer was started before an owed restart');
    const number = this.memory.runs + 1;
    const { follows = null, attempt: at = 0 } = this.memory.attempt ?? {};
    const changed = follows?.rung?.kind === 'changed-arguments';
    this.starts.push({ atMs: this.nowMs, boot: this.boot, attempt: at, arguments: changed });
    this.#running = { endsAtMs: this.nowMs + outcome.runsForMs, outcome };
    const prepared = run({ run: number, purpose, preparedAtMs: given.now.wallMs, bootId: this.#bootId() });
    this.#apply({ change: 'run-prepared', run: prepared, start: true });
  }

  #askReboot(number: number, given: PlanInput): void {
    const noticeMs = 600_000;
    this.reboots.push({ atMs: this.nowMs, attempt: number });
    this.#rebootAtMs = this.nowMs + noticeMs;
    const reboot = {
      attempt: number,
      bootId: this.#bootId(),
      dueAtMs: given.now.wallMs + noticeMs,
      dueUptimeMs: given.facts.uptimeMs + noticeMs,
      dueLocalMinute: given.now.localMinute + 10,
      phase: 'scheduled',
      unwanted: false,
    } as const;
    this.#apply({ change: 'reboot-asked', reboot });
  }

  #close(result: AttemptResult, fault: FaultRecord | null, given: PlanInput): void {
    const { attempt: open } = this.memory;
    if (open === null) return;
    const pause = fault === null ? kept(open, result) : this.#pause(open, fault, given);
    if (pause?.rung?.kind === 'fresh-download') this.packageReady = false;
    const unverifiedPackage = fault?.code === 'install.not-verified' ? open.package.sha256 : null;
    const startSpent = fault === null || new Fault(fault.code, '').class !== 'condition' || open.run === null;
    this.#apply({
      change: 'attempt-closed',
      fault,
      pause,
      verified: result === 'protected',
      unverifiedPackage,
      startSpent,
    });
    if (fault?.code === 'install.left-bare') this.#apply({ change: 'bare', bare: { attempt: open.attempt, fault } });
    this.#ended = null;
  }

  #pause(open: OpenAttempt, fault: FaultRecord, given: PlanInput) {
    return pauseAfter(fault, ladderOf(open.run?.exit?.meaning ?? null, fault), this.memory, {
      nowMs: given.now.wallMs,
      random: this.#random(),
      basis: given.basis,
      bootId: open.run?.saidInBoot ?? open.run?.bootId ?? this.#bootId(),
      attempt: open.attempt,
    });
  }

  #noteProduct(): void {
    const { memory, product } = this;
    const there = product.state === 'present';
    if (there && memory.bare !== null) this.#apply({ change: 'bare', bare: null });
    const everConnected = there && (memory.everConnected || isProved(product));
    const since = memory.disconnectedSinceMs ?? wallMs + this.nowMs + this.clockOffMs;
    this.#apply({
      change: 'connection',
      everConnected,
      disconnectedSinceMs: there && !isProved(product) ? since : null,
    });
  }
}

function unseen(outcome: Outcome): Outcome {
  return { ...outcome, code: null, meaning: null };
}

const kept = (open: OpenAttempt, result: AttemptResult) =>
  result === 'superseded' && open.run === null ? open.follows : null;
