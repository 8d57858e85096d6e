/** Asks for a restart, or takes it back. What is asked is noted first: whatever happens then, it is not asked twice. */
import { asFault } from '#protocol/codes.ts';
import type { Executor } from '#agent/actions/executor.ts';
import type { Agent } from '#agent/agent.ts';
import type { Entry } from '#agent/journal/journal.ts';
import type { RebootNote } from '#agent/memory/memory.ts';
import { freshAges } from '#agent/observe/observe.ts';
import { plan } from '#agent/plan/plan.ts';

const message =
  'SentinelOne needs a restart to finish its installation. Garrison restarts this computer in 10 minutes: please save your work.';

export const requestReboot: Executor<'request-reboot'> = async (execution, { attempt, noticeMs }) => {
  const { agent } = execution;
  const input = await execution.look(freshAges);
  const { decision } = plan(input);
  // The last look: whoever is in the middle of something meanwhile keeps the machine up.
  if (decision.kind !== 'do' || decision.action.kind !== 'request-reboot') return;
  const reboot: RebootNote = {
    attempt,
    bootId: input.facts.machine.value.bootId,
    dueAtMs: input.now.wallMs + noticeMs,
    dueUptimeMs: input.facts.uptimeMs + noticeMs,
    dueLocalMinute: (input.now.localMinute + Math.round(noticeMs / 60_000)) % 1440,
    phase: 'asked',
    unwanted: false,
  };
  const why = decision.because[0]?.text ?? '';
  await agent.journal.write({ change: 'reboot-asked', reboot }, rebootEvent(reboot, 'scheduled', why));
  // The console hears of it at once, not at its next turn: whoever wants to call it off has ten minutes.
  agent.news.ring();
  const failure = await ask(() => agent.platform.requestReboot({ noticeMs, message }));
  agent.log.warn('restart', { attempt, failure, dueAtMs: reboot.dueAtMs });
  if (failure === null) return agent.journal.write({ change: 'reboot-phase', phase: 'scheduled' });
  await agent.journal.write({ change: 'reboot-phase', phase: 'failed' }, rebootEvent(reboot, 'failed', failure));
};

/** Noted afterwards: until the system has taken it back, the restart is still to come. */
export const cancelReboot: Executor<'cancel-reboot'> = async ({ agent }, { why }) => {
  const { reboot } = agent.journal.memory;
  if (reboot === null) return;
  const failure = await ask(() => agent.platform.cancelReboot());
  agent.log.warn('restart called off', { attempt: reboot.attempt, why, failure });
  const phase = failure === null ? 'cancelled' : 'failed';
  const detail = failure === null ? why : `${why}; ${failure}`;
  await agent.journal.write({ change: 'reboot-phase', phase }, rebootEvent(reboot, phase, detail));
  agent.news.ring();
};

async function ask(question: () => ReturnType<Agent['platform']['cancelReboot']>): Promise<string | null> {
  try {
    const answer = await question();
    return answer.status === 'ok' ? null : answer.detail;
  } catch (error) {
    return asFault(error).message;
  }
}

function rebootEvent(reboot: RebootNote, result: 'scheduled' | 'cancelled' | 'failed', detail: string): Entry {
  const { attempt, dueAtMs } = reboot;
  return {
    event: 'reboot',
    data: { attempt, result, at: new Date(dueAtMs).toISOString(), detail: detail.slice(0, 2000) },
  };
}
