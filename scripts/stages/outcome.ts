export interface Outcome {
  readonly stage: string;
  readonly passed: number;
  readonly failed: number;
  readonly durationMs: number;
  /** For the summary; empty when all went well. */
  readonly remark: string;
}

/** The part of vitest's JSON report that is counted. */
interface Report {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
}

/**
 * Counts one finished stage. What was skipped or left to do counts as failed: nothing here may be skipped. A stage that
 * failed without a failed test (a file that did not load, a crash, no tests at all) counts one failure.
 */
export function count(exitCode: number | null, report: Report | null): Pick<Outcome, 'passed' | 'failed' | 'remark'> {
  const ended = exitCode === 0 ? '' : `ended with ${exitCode ?? 'a signal'}`;
  if (report === null) return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, remark: ended };
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + skipped;
  const remark = skipped > 0 ? `${skipped} skipped` : ended;
  if (failed === 0 && report.numPassedTests === 0) return { passed: 0, failed: 1, remark: 'no tests' };
  return { passed: report.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed, remark };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The table at the end of the log, with the total as its last line. */
export function summary(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((one) =>
    [
      one.stage.padEnd(16),
      `${one.passed} passed`.padStart(12),
      `${one.failed} failed`.padStart(10),
      seconds(one.durationMs).padStart(9),
      one.remark,
    ]
      .join('  ')
      .trimEnd(),
  );
  const total = (key: 'passed' | 'failed'): number => outcomes.reduce((sum, one) => sum + one[key], 0);
  return [...rows, '', `${total('passed')} passed, ${total('failed')} failed`].join('\n');
}
