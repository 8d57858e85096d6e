import { describe, expect, test } from 'vitest';
import { count, summary } from '../../scripts/stages/outcome.ts';
import { chooseStages, type Stage, stages, startable } from '../../scripts/stages/stages.ts';

const report = (counts: object): Parameters<typeof count>[1] => ({
  numTotalTests: 0,
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numFailedTestSuites: 0,
  ...counts,
});

describe('counting a stage', () => {
  test.each([
    ['a plain stage that succeeded', 0, null, { passed: 1, failed: 0 }],
    ['a plain stage that failed', 2, null, { passed: 0, failed: 1 }],
    ['a plain stage that was killed', null, null, { passed: 0, failed: 1 }],
    ['tests that passed', 0, report({ numPassedTests: 7 }), { passed: 7, failed: 0 }],
    ['a failed test', 1, report({ numPassedTests: 6, numFailedTests: 1 }), { passed: 6, failed: 1 }],
    ['a file that did not load', 1, report({ numPassedTests: 6, numFailedTestSuites: 1 }), { passed: 6, failed: 1 }],
    ['no tests at all', 0, report({}), { passed: 0, failed: 1 }],
    ['a skipped test', 0, report({ numPassedTests: 6, numPendingTests: 1 }), { passed: 6, failed: 1 }],
    ['a test left to do', 0, report({ numPassedTests: 6, numTodoTests: 2 }), { passed: 6, failed: 2 }],
    ['a run that crashed before its report', 1, null, { passed: 0, failed: 1 }],
  ])('%s', (_, code, read, expected) => {
    expect(count(code, read)).toMatchObject(expected);
  });
});

test('the last line is the total', () => {
  const one = { stage: 'unit', passed: 3, failed: 0, durationMs: 1234, remark: '' };
  expect(
    summary([one, { ...one, stage: 'lab', passed: 2, failed: 1 }])
      .split('\n')
      .at(-1),
  ).toBe('5 passed, 1 failed');
});

describe('choosing stages', () => {
  test('all of them by default, in order', () => expect(chooseStages([])).toEqual(stages));
  test('with what they need, each once and before', () => {
    expect(chooseStages(['e2e', 'lab']).map((stage) => stage.name)).toEqual([
      'page',
      'build',
      'lab-setup',
      'lab',
      'e2e',
    ]);
  });
  test('an unknown one is refused', () => expect(() => chooseStages(['labb'])).toThrow('no such stage: labb'));
  test('every need exists and stands before', () => {
    for (const [index, stage] of stages.entries()) {
      for (const need of stage.needs) expect(stages.findIndex((one) => one.name === need)).toBeGreaterThanOrEqual(0);
      for (const need of stage.needs) expect(stages.findIndex((one) => one.name === need)).toBeLessThan(index);
    }
  });
});

describe('what runs side by side', () => {
  /** Runs them on paper, a minute each: who was running together. */
  function together(chosen: readonly Stage[]): readonly string[][] {
    const started = new Set<string>();
    const rounds: string[][] = [];
    while (started.size < chosen.length) {
      const starting = startable(chosen, started, []);
      if (starting.length === 0) throw new Error(`stuck after ${[...started].join(', ')}`);
      starting.forEach(({ name }) => started.add(name));
      rounds.push(starting.map(({ name }) => name));
    }
    return rounds;
  }
  const rounds = together(stages);

  test('every stage gets its turn, once', () =>
    expect(rounds.flat().toSorted()).toEqual(stages.map(({ name }) => name).toSorted()));
  test('the lab is built while the processor is busy', () => expect(rounds[0]).toEqual(['page', 'lab-setup']));
  test('the lab begins when the roots it boots are there, whatever is still built for others', () => {
    const rest = stages.filter(({ name }) => name === 'lab-setup-rest' || name === 'unit');
    const done = new Set(['page', 'build', 'lab-setup', 'lab-setup-rest', 'unit']);
    expect(startable(chooseStages(['lab', 'arm64']), done, rest).map(({ name }) => name)).toEqual(['lab']);
  });
  test('what shows times runs alone', () => expect(rounds).toContainEqual(['whole']));
  test('nothing starts before what it needs has ended', () => {
    const labSetup = stages.filter(({ name }) => name === 'lab-setup');
    const chosen = chooseStages(['lab']);
    expect(startable(chosen, new Set(['lab-setup', 'build']), labSetup)).toEqual([]);
    expect(startable(chosen, new Set(['lab-setup', 'build']), []).map(({ name }) => name)).toEqual(['lab']);
  });
  test('never two of one place', () => {
    const running = stages.filter(({ name }) => name === 'unit');
    const places = startable(stages, new Set(['unit']), running).map(({ place }) => place);
    expect(places).toEqual(['set-up']);
  });
});
