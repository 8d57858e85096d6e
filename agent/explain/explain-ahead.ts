/** What comes after the next decision, in words: the rungs of the ladder, and who restarts the machine. Pure. */
import type { Rung } from '#installers/vendor.ts';
import type { Pause } from '#agent/memory/memory.ts';
import type { PlanInput } from '#agent/plan/decision.ts';
import { rebootWords } from '#agent/plan/reboot.ts';
import { startBudget } from '#agent/schedule.ts';

export function explainAhead(input: PlanInput): string[] {
  return [...attemptWords(input), ...pauseWords(input), ...rebootWords(input)];
}

function attemptWords({ memory }: PlanInput): string[] {
  const { attempt } = memory;
  if (attempt === null) return [];
  const words = rungWords(attempt.follows);
  const lines = words === null ? [] : [`Attempt ${attempt.attempt} is made ${words}.`];
  const meaning = attempt.run?.exit?.meaning ?? null;
  if (meaning === null) return lines;
  return [...lines, `Its installer said: ${meaning.text}. ${ladderWords(meaning.ladder)}`.trim()];
}

function pauseWords({ memory, now }: PlanInput): string[] {
  const { pause } = memory;
  if (pause === null) return [];
  const budget = startBudget(memory, now.wallMs);
  const times = pause.count === 1 ? 'once' : `${pause.count} times`;
  const words = rungWords(pause);
  const next =
    words === null
      ? pause.untilMs === null
        ? 'Not tried again until somebody acts or something it depends on changes.'
        : 'Tried again by itself.'
      : `Tried again ${words}.`;
  return [
    `Failed ${times}: ${pause.fault.detail}. ${next} ${budget.used} of ${budget.max} starts in 24 hours are used.`,
  ];
}

/** After "tried again". */
function rungWords(pause: Pause | null): string | null {
  switch (pause?.rung?.kind) {
    case undefined:
      return null;
    case 'again':
      return 'in the same way';
    case 'fresh-download':
      return 'with a package fetched anew';
    case 'after-reboot':
      return 'after a restart of the machine';
    case 'changed-arguments':
      return `with ${pause?.rung.arguments.join(' ')} added to the arguments`;
  }
}

function ladderWords(ladder: readonly Rung[]): string {
  const rungs = ladder.map((rung) => {
    switch (rung.kind) {
      case 'again':
        return `${rung.times} more in the same way`;
      case 'after-reboot':
        return `${rung.times} after a restart`;
      case 'fresh-download':
        return 'one with a package fetched anew';
      case 'changed-arguments':
        return `one with ${rung.arguments.join(' ')} added`;
      case 'stop':
        return 'then a person';
    }
  });
  return rungs.length === 0 ? '' : `Tries after such an end: ${rungs.join(', ')}.`;
}
