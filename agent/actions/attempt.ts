/** Opening attempts and noting their steps. */
import type { Candidate } from '#protocol/assignment.ts';
import type { FaultRecord } from '#protocol/codes.ts';
import type { AttemptStep } from '#protocol/words.ts';
import type { Entry } from '#agent/journal/journal.ts';
import type { Agent } from '#agent/agent.ts';

/** The open attempt's number; opens one for `candidate` when there is none. */
export async function openAttempt(agent: Agent, candidate: Candidate, step: AttemptStep): Promise<number> {
  const { memory } = agent.journal;
  if (memory.attempt !== null) {
    if (memory.attempt.step !== step) await agent.journal.write({ change: 'step', step });
    return memory.attempt.attempt;
  }
  const attempt = memory.attempts + 1;
  const trigger = memory.retryPending === null ? (step === 'repair' ? 'repair' : 'automatic') : 'retry';
  await agent.journal.write(
    {
      change: 'attempt-opened',
      attempt: {
        attempt,
        package: candidate,
        trigger,
        startedAtMs: agent.time.now(),
        assignmentNumber: agent.current.assignment?.assignment.number ?? 0,
        step,
        run: null,
        repaired: false,
        follows: memory.pause,
      },
    },
    { event: 'attempt-started', data: { attempt, package: candidate, trigger } },
  );
  agent.log.info('attempt started', { attempt, package: candidate.fileName, trigger });
  return attempt;
}

export function stepEntry(
  attempt: number,
  step: AttemptStep,
  result: 'started' | 'ok' | 'failed' | 'waiting',
  note: { readonly detail?: string; readonly fault?: FaultRecord } = {},
): Entry {
  const { detail = '', fault = null } = note;
  return {
    event: 'attempt-step',
    data: {
      attempt,
      step,
      result,
      detail: detail.slice(0, 2000),
      fault: fault === null ? null : { ...fault, context: { ...fault.context } },
    },
  };
}
