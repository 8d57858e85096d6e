import { expect, test } from 'vitest';
import type { Rollout } from '#console/api/agent-versions.ts';
import { rolloutLine } from '#console/web/agents/rollout-words.ts';

const rollout = {
  state: 'running',
  step: 0,
  stepsInAll: 4,
  reaches: 2,
  devices: 120,
  underWay: 2,
  done: 0,
  failed: 0,
  inconclusive: 0,
} as Rollout;

test.each([
  [rollout, 'Step 1 of 4: 2 of 120 devices. 0 updated, 2 under way.'],
  [
    { ...rollout, state: 'halted', step: 1, reaches: 12, underWay: 0, done: 8, failed: 3, inconclusive: 1 } as const,
    'Step 2 of 4: 12 of 120 devices. 8 updated, 3 failed, 1 without a result.',
  ],
  [
    { ...rollout, state: 'done', step: 4, reaches: 120, underWay: 0, done: 119, failed: 1 } as const,
    '120 devices. 119 updated, 1 failed.',
  ],
])('%#: how far it has got', (given, words) => {
  expect(rolloutLine(given)).toBe(words);
});
