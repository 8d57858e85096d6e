/** One executor per action. They act and journal; what follows is the planner's business. */
import type { Agent } from '#agent/agent.ts';
import type { MaxAges } from '#agent/observe/observe.ts';
import type { Action, PlanInput } from '#agent/plan/decision.ts';

export interface Execution {
  readonly agent: Agent;
  /** The input the action was planned on. */
  readonly input: PlanInput;
  /** Looks again and gives the planner's input as of now. */
  look(ages: MaxAges): Promise<PlanInput>;
}

export type Executor<K extends Action['kind']> = (
  execution: Execution,
  action: Extract<Action, { kind: K }>,
) => Promise<void>;
