import { describe, expect, it } from 'vitest';
import { attemptsOf, attemptSchema, type AttemptEvent } from '#console/api/attempts.ts';

const candidate = {
  target: 'linux-x64-deb',
  format: 'deb',
  version: '24.2.2.20',
  fileName: 'agent.deb',
  sizeBytes: 100,
  sha256: 'a'.repeat(64),
  source: 'baseline',
  release: 'ga',
};

function event(seq: number, kind: string, data: Record<string, unknown>): AttemptEvent {
  return { journalId: 'j1', seq, at: `2026-03-01T10:00:${String(seq).padStart(2, '0')}.000Z`, kind, data };
}

const step = (seq: number, name: string, result: string) =>
  event(seq, 'attempt-step', { attempt: 1, step: name, result, detail: '', fault: null });

const history = [
  event(1, 'attempt-started', { attempt: 1, package: candidate, trigger: 'automatic' }),
  step(2, 'download', 'started'),
  step(3, 'download', 'ok'),
  step(4, 'install', 'started'),
  event(5, 'state-changed', { from: 'checking', state: {} }),
  event(6, 'installer-exited', {
    attempt: 1,
    run: 1,
    exitCode: 102,
    signal: null,
    meaning: 'leftovers',
    durationMs: 1200,
    output: 'x'.repeat(20_000),
  }),
  event(7, 'attempt-ended', {
    attempt: 1,
    result: 'failed',
    fault: { code: 'install.leftovers', detail: 'unit exists' },
    nextAttemptAt: null,
  }),
  event(8, 'attempt-started', { attempt: 2, package: candidate, trigger: 'retry' }),
];

describe('attemptsOf', () => {
  it('folds events into attempts, newest first', () => {
    const attempts = attemptsOf(history);
    expect(attempts.map((attempt) => [attempt.attempt, attempt.result, attempt.trigger])).toEqual([
      [2, null, 'retry'],
      [1, 'failed', 'automatic'],
    ]);
  });

  it('keeps the last word of each step and when it began', () => {
    const first = attemptsOf(history)[1];
    expect(first?.steps).toMatchObject([
      { step: 'download', result: 'ok', startedAt: '2026-03-01T10:00:02.000Z', at: '2026-03-01T10:00:03.000Z' },
      { step: 'install', result: 'started' },
    ]);
  });

  it('keeps the end of the output, and what it makes satisfies the schema', () => {
    const attempts = attemptsOf(history);
    expect(attempts[1]?.runs[0]?.output.length).toBe(16 * 1024);
    for (const attempt of attempts) expect(attemptSchema.safeParse(attempt).error).toBeUndefined();
  });

  it('skips what a device sent broken, and keeps journals apart', () => {
    const broken = event(9, 'attempt-ended', { attempt: 'two' });
    const other = {
      ...event(1, 'attempt-started', { attempt: 1, package: candidate, trigger: 'automatic' }),
      journalId: 'j2',
    };
    expect(attemptsOf([...history, broken, other])).toHaveLength(3);
  });
});
