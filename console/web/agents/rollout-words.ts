/** How a new version of the Garrison agent spreads, in the administrator's words. Pure. */
import type { Rollout, RolloutPlan } from '#console/api/agent-versions.ts';
import { counted, number } from '#console/web/format.ts';
import type { Tone } from '#console/web/words.ts';

export interface Pace {
  readonly id: string;
  readonly label: string;
  readonly steps: RolloutPlan['steps'];
}

export const paces: readonly Pace[] = [
  { id: 'careful', label: '1 %, then 10 %, then half, then all', steps: [1, 10, 50, 100] },
  { id: 'quick', label: '10 %, then all', steps: [10, 100] },
  { id: 'at-once', label: 'All at once', steps: [100] },
];

export const rolloutStates: Record<Rollout['state'], { readonly name: string; readonly tone: Tone }> = {
  running: { name: 'Spreading', tone: 'busy' },
  halted: { name: 'Halted by itself', tone: 'bad' },
  stopped: { name: 'Stopped', tone: 'attention' },
  done: { name: 'Done', tone: 'good' },
};

/** "Step 2 of 4: 12 of 120 devices. 9 updated, 1 failed, 2 under way." */
export function rolloutLine(rollout: Rollout): string {
  const { step, stepsInAll, reaches, devices, underWay, done, failed, inconclusive } = rollout;
  const counts = [
    `${number(done)} updated`,
    ...(failed > 0 ? [`${number(failed)} failed`] : []),
    ...(inconclusive > 0 ? [`${number(inconclusive)} without a result`] : []),
    ...(underWay > 0 ? [`${number(underWay)} under way`] : []),
  ];
  const where =
    rollout.state === 'done' ? counted(devices, 'device') : `${number(reaches)} of ${counted(devices, 'device')}`;
  const at = rollout.state === 'done' ? '' : `Step ${Math.min(step + 1, stepsInAll)} of ${stepsInAll}: `;
  return `${at}${where}. ${counts.join(', ')}.`;
}
