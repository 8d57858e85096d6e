import { expect, it } from 'vitest';
import { history } from '#test/agent/history.ts';
import { timeout } from '#test/agent/kill.ts';

it('whatever happens to a device whose installers want restarts, in the end it is protected', { timeout }, async () => {
  const problems: string[] = [];
  for (let seed = 9001; seed <= 9060; seed += 1) {
    problems.push(...(await history(seed, 'restarting')).map((problem) => `seed ${seed}: ${problem}`));
  }
  expect(problems).toEqual([]);
});
