/** Something in the way of an install, and the few forms it has. Pure. */
import { Fault, type FaultCode, type FaultRecord } from '#protocol/codes.ts';
import type { Condition } from '#protocol/words.ts';
import type { Action, BareState, PlanInput, Reason } from '#agent/plan/decision.ts';

export const lookAgainMs = 30_000;

/** Something in the way: the state that says so, and when to look again (monotonic ms). */
export interface Obstacle {
  readonly state: BareState;
  readonly condition: Condition | 'time' | null;
  readonly lookAgainAtMs: number;
  readonly because: readonly Reason[];
  /** What can be done about it now; without it one can only wait. */
  readonly action?: Action;
}

export function record(code: FaultCode, detail: string): FaultRecord {
  return new Fault(code, detail).toRecord();
}

interface Wait {
  readonly condition: Condition;
  readonly fault: FaultRecord;
  /** Who or what is waited for, as far as it has a name. */
  readonly holder?: string | null;
  readonly everyMs?: number;
}

export function waiting(input: PlanInput, { condition, fault, holder = null, everyMs = lookAgainMs }: Wait): Obstacle {
  const lookAgainAt = new Date(input.now.wallMs + everyMs).toISOString();
  return {
    state: { kind: 'waiting', condition, fault, holder: holder?.slice(0, 200) ?? null, lookAgainAt },
    condition,
    lookAgainAtMs: input.now.monotonicMs + everyMs,
    because: [{ code: fault.code, text: fault.detail.slice(0, 200) }],
  };
}

export function rest(input: PlanInput, state: BareState, code: string, text: string): Obstacle {
  return {
    state,
    condition: null,
    lookAgainAtMs: input.now.monotonicMs + 60_000,
    because: [{ code, text: text.slice(0, 200) }],
  };
}
