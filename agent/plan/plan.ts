/** The whole decision: what this device is, what to do next, and why. Pure; tested as a table. */
import type { OpenAttempt } from '#agent/memory/memory.ts';
import { fetchOrInstall, planAttempt } from '#agent/plan/attempt-plan.ts';
import type { BarePlan, BareState, Decision, Plan, PlanInput } from '#agent/plan/decision.ts';
import type { Obstacle } from '#agent/plan/obstacle.ts';
import { obstacle } from '#agent/plan/preconditions.ts';
import { bareAfterFailedUpgrade } from '#agent/plan/bare.ts';
import { productState } from '#agent/plan/product-state.ts';
import { callOff } from '#agent/plan/reboot.ts';

const restMs = 60_000;
/** Longer than that nobody cares for what is waited for: an alarm that names the holder (G31). */
const conditionEscalatesMs = 86_400_000;

export function plan(input: PlanInput): Plan {
  const planned = decide(input);
  const state = withSince(bareAfterFailedUpgrade(input, planned.state) ?? planned.state, input);
  return { state, decision: withEscalation(callOff(input) ?? planned.decision, state, input) };
}

function decide(input: PlanInput): BarePlan {
  const { facts, memory } = input;
  if (memory.attempt !== null) return openAttempt(input, memory.attempt);
  if (facts.product.value.state === 'present') return presentProduct(input);
  const stopped = obstacle(input);
  if (stopped !== null) return { state: stopped.state, decision: decisionOf(stopped) };
  const chosen = facts.selection?.value.chosen;
  if (chosen == null) throw new Error('selection without a package passed every check');
  return fetchOrInstall(input, chosen, memory.attempts + 1);
}

/** A journal that cannot keep what happens next allows no action, not even inside an attempt; looking goes on. */
function openAttempt(input: PlanInput, attempt: OpenAttempt): BarePlan {
  const planned = planAttempt(input, attempt);
  const { broken } = input.journal;
  if (broken === null || planned.decision.kind !== 'do') return planned;
  const because = [{ code: broken.code, text: broken.detail.slice(0, 200) }];
  const state: BareState = {
    kind: 'waiting',
    condition: 'disk-space',
    fault: broken,
    holder: null,
    lookAgainAt: new Date(input.now.wallMs + restMs).toISOString(),
  };
  return { state, decision: { kind: 'rest', lookAgainAtMs: input.now.monotonicMs + restMs, because } };
}

/** Never reinstalled, never upgraded over, whoever put it there: it is watched. */
function presentProduct(input: PlanInput): BarePlan {
  const decision: Decision = {
    kind: 'rest',
    lookAgainAtMs: input.now.monotonicMs + restMs,
    because: [
      { code: 'product-present', text: `version ${input.facts.product.value.version ?? 'unknown'} is installed` },
    ],
  };
  return { state: productState(input), decision };
}

function decisionOf({ action, condition, lookAgainAtMs, because }: Obstacle): Decision {
  if (action !== undefined) return { kind: 'do', action, because };
  if (condition === null) return { kind: 'rest', lookAgainAtMs, because };
  return { kind: 'wait', condition, lookAgainAtMs, escalatesAtMs: null, because };
}

/** States that differ only in details that move by themselves (a countdown, a step's age) are the same state. */
export function stateKey(state: BareState): string {
  switch (state.kind) {
    case 'protected':
      return `protected ${state.version}`;
    case 'degraded':
      return `degraded ${state.problems.map((problem) => problem.kind).join(' ')}`;
    case 'not-protecting':
      return `not-protecting ${state.reason}`;
    case 'unassigned':
      return `unassigned ${state.reason}`;
    case 'paused':
      return `paused ${state.mode}`;
    case 'installing':
      return `installing ${state.attempt} ${state.step}`;
    case 'blocked':
      return `blocked ${state.fault.code} ${state.conflicts.map((conflict) => conflict.productId).join(' ')}`;
    case 'waiting':
      return `waiting ${state.condition}`;
    case 'retrying':
      return `retrying ${state.attempt} ${state.fault.code}`;
    case 'failed':
      return `failed ${state.fault.code}`;
    case 'checking':
    case 'unsupported':
      return state.kind;
  }
}

function withSince(state: BareState, input: PlanInput): Plan['state'] {
  const known = input.memory.state;
  const sinceMs = known !== null && known.key === stateKey(state) ? known.sinceMs : input.now.wallMs;
  const since = new Date(sinceMs).toISOString();
  if (!escalates(state) || input.now.wallMs - sinceMs < conditionEscalatesMs) return { ...state, since };
  return { ...state, since, alarm: true };
}

type Escalating = Extract<BareState, { kind: 'waiting' | 'blocked' }>;

/** What should pass by itself: a condition, and a look for other antivirus that fails (G6). Other antivirus does not. */
function escalates(state: BareState): state is Escalating {
  return state.kind === 'waiting' || (state.kind === 'blocked' && state.fault.code === 'antivirus.unknown');
}

/** Who waits for a condition is told when that takes too long, reckoned from when the waiting began. */
function withEscalation(decision: Decision, state: Plan['state'], { now }: PlanInput): Decision {
  if (decision.kind !== 'wait' || decision.condition === 'time' || !escalates(state)) return decision;
  const leftMs = Date.parse(state.since) + conditionEscalatesMs - now.wallMs;
  return { ...decision, escalatesAtMs: now.monotonicMs + leftMs };
}
