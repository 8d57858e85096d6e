/** Ends an attempt: its result, and when (or on what change) there will be another one. Drawn once, here, and journaled. */
import { codes } from '#protocol/codes.ts';
import type { Execution } from '#agent/actions/executor.ts';
import type { Action } from '#agent/plan/decision.ts';
import { pauseAfter } from '#agent/schedule.ts';

export async function closeAttempt(
  { agent, input }: Execution,
  action: Extract<Action, { kind: 'close-attempt' }>,
): Promise<void> {
  const { journal } = agent;
  const { attempt } = journal.memory;
  if (attempt === null) return;
  const { fault, result } = action;
  const meaning = attempt.run?.exit?.meaning ?? null;
  // The rungs belong to the exit's own fault; one that was found afterwards (half installed) has a class of its own.
  const isItsOwn = meaning?.outcome === 'fault' && (meaning.code ?? 'install.failed') === fault?.code;
  const ladder = isItsOwn ? meaning.ladder : null;
  const circumstances = { nowMs: agent.time.now(), random: agent.random(), basis: input.basis };
  const pause =
    fault === null
      ? null
      : pauseAfter(fault, ladder !== null && ladder.length > 0 ? ladder : null, journal.memory, circumstances);
  const verified = result === 'protected';
  const onCondition = fault !== null && codes[fault.code].class === 'condition' && attempt.run !== null;
  const unverifiedPackage = fault?.code === 'install.not-verified' ? attempt.package.sha256 : null;
  const untilMs = pause?.untilMs ?? null;
  await journal.write(
    { change: 'attempt-closed', fault, pause, verified, unverifiedPackage, startSpent: !onCondition },
    {
      event: 'attempt-ended',
      data: {
        attempt: attempt.attempt,
        result,
        fault: fault === null ? null : { ...fault, context: { ...fault.context } },
        nextAttemptAt: untilMs === null ? null : new Date(untilMs).toISOString(),
      },
    },
  );
  const { run } = attempt;
  if (run !== null) await agent.directories.runs.remove(run.directory);
  agent.log.info('attempt ended', {
    attempt: attempt.attempt,
    result,
    code: fault?.code ?? null,
    detail: fault?.detail ?? null,
    nextAttemptAtMs: untilMs,
  });
}
