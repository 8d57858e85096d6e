/** Ends an attempt: its result, and when (or on what change) there will be another one. Drawn once, here, and journaled. */
import { asFault, codes, type FaultRecord } from '#protocol/codes.ts';
import type { Execution } from '#agent/actions/executor.ts';
import { packageName, verifiedName, type Agent } from '#agent/agent.ts';
import type { Entry } from '#agent/journal/journal.ts';
import type { OpenAttempt, Pause } from '#agent/memory/memory.ts';
import type { Action, AttemptResult } from '#agent/plan/decision.ts';
import { ladderOf, pauseAfter } from '#agent/schedule.ts';

export async function closeAttempt(
  { agent, input }: Execution,
  action: Extract<Action, { kind: 'close-attempt' }>,
): Promise<void> {
  const { journal } = agent;
  const { attempt } = journal.memory;
  if (attempt === null) return;
  const { fault, result } = action;
  const bootId = attempt.run?.saidInBoot ?? attempt.run?.bootId ?? input.facts.machine.value.bootId;
  const circumstances = {
    nowMs: agent.time.now(),
    random: agent.random(),
    basis: input.basis,
    bootId,
    attempt: attempt.attempt,
  };
  const ladder = fault === null ? null : ladderOf(attempt.run?.exit?.meaning ?? null, fault);
  const pause =
    fault === null ? afterNoFault(attempt, result) : pauseAfter(fault, ladder, journal.memory, circumstances);
  // Before the record: without the file the next try fetches it anew, whether or not this is remembered.
  if (pause?.rung?.kind === 'fresh-download') await discardPackage(agent, attempt);
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
    ...leftBare(agent, attempt, fault),
  );
  const { run } = attempt;
  if (run !== null) await removeRun(agent, run.directory);
  agent.log.info('attempt ended', {
    attempt: attempt.attempt,
    result,
    code: fault?.code ?? null,
    detail: fault?.detail ?? null,
    nextAttemptAtMs: untilMs,
  });
}

/**
 * What an installer has left running may hold a file of its directory, which on Windows cannot be removed then. That changes
 * nothing about the attempt; no secret is among them any more, and the next start removes the rest.
 */
async function removeRun({ directories, log }: Agent, name: string): Promise<void> {
  await directories.runs.remove(name).catch((error: unknown) => {
    log.warn('the directory of a run stays for now', { directory: name, detail: asFault(error).message });
  });
}

/** Superseded before anything ran: the next attempt stands where this one stood. */
function afterNoFault(attempt: OpenAttempt, result: AttemptResult): Pause | null {
  return result === 'superseded' && attempt.run === null ? attempt.follows : null;
}

async function discardPackage({ directories }: Agent, { package: candidate }: OpenAttempt): Promise<void> {
  await directories.packages.remove(verifiedName(candidate));
  await directories.packages.remove(packageName(candidate));
}

/** Once per loss: a second try that fails as well leaves the device as bare as it was. */
function leftBare({ journal }: Agent, { attempt }: OpenAttempt, fault: FaultRecord | null): Entry[] {
  if (fault?.code !== 'install.left-bare' || journal.memory.bare !== null) return [];
  return [
    { change: 'bare', bare: { attempt, fault } },
    { event: 'protection-lost', data: { attempt, fault: { ...fault, context: { ...fault.context } } } },
  ];
}
