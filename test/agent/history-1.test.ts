import { expect, it } from 'vitest';
import { history } from '#test/agent/history.ts';

it('250 random lives end protected, with one installer at a time and no event lost', { timeout: 300_000 }, async () => {
  const problems: string[] = [];
  for (let seed = 1; seed <= 250; seed += 1) {
    problems.push(...(await history(seed)).map((problem) => `seed ${seed}: ${problem}`));
  }
  expect(problems).toEqual([]);
});
