/** What an ended attempt left behind: a pause, and the rung that the next try stands on. Pure. */
import type { Pause } from '#agent/memory/memory.ts';
import type { BareState, PlanInput } from '#agent/plan/decision.ts';
import { rest, waiting, type Obstacle } from '#agent/plan/obstacle.ts';
import { awaitReboot, owedReboot } from '#agent/plan/reboot.ts';
import { longestDelayMs, quietAfterBootMs, startBudget } from '#agent/schedule.ts';

export function pausedByFault(input: PlanInput): Obstacle | null {
  const { pause } = input.memory;
  if (pause === null) return null;
  if (pause.rung?.kind === 'after-reboot') return afterReboot(input, pause);
  if (pause.basis !== input.basis) return null;
  const { fault, untilMs } = pause;
  if (untilMs === null) return rest(input, { kind: 'failed', fault }, fault.code, fault.detail);
  const leftMs = untilMs - input.now.wallMs;
  // A pause that is longer than any was drawn by a clock that has been set right since.
  if (leftMs <= 0 || leftMs > longestDelayMs) return null;
  const state: BareState = {
    kind: 'retrying',
    attempt: pause.count,
    attemptsMax: isDownload(pause) ? 0 : startBudget(input.memory, input.now.wallMs).max,
    fault,
    nextAttemptAt: new Date(untilMs).toISOString(),
  };
  const because = [{ code: fault.code, text: fault.detail.slice(0, 200) }, ...rungReason(pause)];
  return { state, condition: 'time', lookAgainAtMs: input.now.monotonicMs + leftMs, because };
}

function isDownload({ fault: { code } }: Pause): boolean {
  return code.startsWith('download.') || code.startsWith('network.') || code === 'token.unavailable';
}

function rungReason({ rung }: Pause): Obstacle['because'] {
  if (rung?.kind === 'fresh-download') return [{ code: 'ladder', text: 'next time with a package fetched anew' }];
  if (rung?.kind === 'changed-arguments') return [{ code: 'ladder', text: 'next time with other arguments' }];
  return [];
}

/**
 * What a machine owes after a half-done removal does not pass with another package or site: only another boot ends it, and
 * the quiet minutes after that, or *Retry*.
 */
function afterReboot(input: PlanInput, { fault }: Pause): Obstacle | null {
  const owed = owedReboot(input);
  if (owed !== null) return awaitReboot(input, owed);
  const leftMs = quietAfterBootMs - input.facts.uptimeMs;
  if (leftMs <= 0) return null;
  return waiting(input, {
    condition: 'installer-settled',
    fault,
    holder: 'the restart (5 minutes)',
    everyMs: Math.min(leftMs, 60_000),
  });
}
