/**
 * observe → plan → act, one action at a time, for ever. The console link and the local control run beside it, so that a
 * long installer blocks neither reports nor *Retry*.
 */
import { asFault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import type { DeviceReport } from '#protocol/report.ts';
import { execute } from '#agent/actions/executors.ts';
import type { Agent } from '#agent/agent.ts';
import type { Facts } from '#agent/observe/facts.ts';
import {
  createObserver,
  nowAges,
  restingAges,
  waitingAges,
  type MaxAges,
  type Observer,
} from '#agent/observe/observe.ts';
import { basisOf } from '#agent/plan/basis.ts';
import type { Plan, PlanInput } from '#agent/plan/decision.ts';
import { plan, stateKey } from '#agent/plan/plan.ts';
import { noteProduct } from '#agent/observe/note-product.ts';
import { makeReport, type Hardware } from '#agent/report/report.ts';

/** A longer nap would miss what nobody announces: a removed antivirus, a stopped service. */
const longestNapMs = 60_000;
/** More actions in a row than any attempt has means that the planner does not see what they did. */
const actionsInARowMax = 40;
const afterDefectMs = 30_000;

interface Latest {
  readonly plan: Plan;
  readonly facts: Facts;
  /** When the look at it began, by the monotonic clock. */
  readonly fromMs: number;
}

export interface Daemon {
  /** Runs until aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** The newest plan and what it was made of; null before the first look. */
  latest(): Latest | null;
  report(): DeviceReport | null;
  /** Looks at everything again now. */
  lookAgain(): void;
  /** When the turn under way began, by the monotonic clock; null between two turns. */
  turnSinceMs(): number | null;
  /** One look and one plan, nothing done. */
  explain(): Promise<{ readonly input: PlanInput; readonly plan: Plan }>;
}

export interface DaemonOptions {
  readonly agent: Agent;
  hardware(): Hardware;
}

export function createDaemon(options: DaemonOptions): Daemon {
  const { agent } = options;
  const observer = createObserver(agent);
  let latest: Latest | null = null;
  let lookAgain = true;
  let turnSinceMs: number | null = null;
  const turn = async (): Promise<number> => {
    const ages = lookAgain ? nowAges : agesFor(agent, latest?.plan ?? null);
    lookAgain = false;
    const fromMs = agent.platform.clock.monotonic();
    const input = await makeInput(agent, observer, ages);
    await noteProduct(agent, input);
    const planned = plan(input);
    latest = { plan: planned, facts: input.facts, fromMs };
    await noteState(agent, planned);
    if (planned.decision.kind !== 'do') return planned.decision.lookAgainAtMs - agent.platform.clock.monotonic();
    const { action } = planned.decision;
    agent.log.debug('acting', { action: action.kind });
    await execute({ agent, input, look: (fresh) => makeInput(agent, observer, fresh) }, action);
    return 0;
  };
  return {
    run: (signal) =>
      loop(
        agent,
        async () => {
          turnSinceMs = agent.platform.clock.monotonic();
          return turn().finally(() => (turnSinceMs = null));
        },
        signal,
      ),
    turnSinceMs: () => turnSinceMs,
    latest: () => latest,
    report: () => (latest === null ? null : makeReport({ agent, ...latest, hardware: options.hardware() })),
    lookAgain() {
      lookAgain = true;
      agent.wake.ring();
    },
    async explain() {
      const input = await makeInput(agent, observer, nowAges);
      return { input, plan: plan(input) };
    },
  };
}

async function loop(agent: Agent, turn: () => Promise<number>, signal: AbortSignal): Promise<void> {
  let inARow = 0;
  while (!signal.aborted) {
    let napMs = await turn().catch((error: unknown) => {
      const fault = asFault(error);
      agent.log.error('the loop was interrupted', {
        code: fault.code,
        detail: fault.message,
        stack: fault.code === 'agent.defect' ? causeOf(fault) : undefined,
      });
      return afterDefectMs;
    });
    inARow = napMs <= 0 ? inARow + 1 : 0;
    if (inARow >= actionsInARowMax) {
      agent.log.error('the planner repeats itself', { actions: inARow });
      napMs = afterDefectMs;
      inARow = 0;
    }
    if (napMs > 0 && !signal.aborted) await agent.wake.wait(Math.min(napMs, longestNapMs), signal);
  }
}

function causeOf(fault: Error): string {
  return fault.cause instanceof Error ? (fault.cause.stack ?? '').slice(0, 2000) : '';
}

async function makeInput(agent: Agent, observer: Observer, ages: MaxAges): Promise<PlanInput> {
  const { journal, time, platform, current } = agent;
  if (journal.tight || journal.broken !== null) await journal.makeRoom();
  const facts = await observer.observe(ages);
  const local = new Date(platform.clock.now());
  const format = facts.machine.value.formats[0];
  const recipe = format === undefined ? null : agent.vendor.recipe(format);
  return {
    assignment: current.assignment,
    enrolled: current.enrolled,
    facts,
    memory: journal.memory,
    now: {
      wallMs: time.now(),
      monotonicMs: platform.clock.monotonic(),
      localMinute: local.getHours() * 60 + local.getMinutes(),
    },
    basis: basisOf(current.assignment, facts, sha256Hex),
    freeBytesMin: recipe?.freeBytesMin ?? 0,
    overdueAfterMs: recipe?.overdueAfterMs ?? 0,
    localReboot: agent.localReboot,
    journal: { broken: journal.broken?.toRecord() ?? null, tight: journal.tight },
  };
}

/** What we wait for is looked at more often than what rests; a restart may take days and shows itself. */
function agesFor(agent: Agent, latest: Plan | null): MaxAges {
  if (latest?.decision.kind === 'wait' && latest.decision.condition === 'reboot') return restingAges;
  if (agent.journal.memory.attempt !== null) return waitingAges;
  const kind = latest?.state.kind;
  return kind === 'blocked' || kind === 'waiting' || kind === 'not-protecting' ? waitingAges : restingAges;
}

/** A changed state is an event, and the console hears of it at once. */
async function noteState(agent: Agent, planned: Plan): Promise<void> {
  const { journal, log } = agent;
  const key = stateKey(planned.state);
  const from = journal.memory.state?.key ?? '';
  const alarm = 'alarm' in planned.state && planned.state.alarm === true;
  const isKnown = from === key && alarm === (journal.memory.state?.alarm ?? false);
  if (isKnown || journal.broken !== null) return;
  await journal.write(
    { change: 'state', key, atMs: Date.parse(planned.state.since), alarm },
    { event: 'state-changed', data: { from: from.slice(0, 200), state: planned.state } },
  );
  log.info('state', { state: key, because: planned.decision.because[0]?.text ?? '' });
  agent.news.ring();
}
