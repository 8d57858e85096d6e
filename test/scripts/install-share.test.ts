import { expect, test } from 'vitest';
import { shareOf } from '../../scripts/bench/install-share.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const event = (
  seq: number,
  ms: number,
  kind: string,
  data: Record<string, unknown> = {},
): Parameters<typeof shareOf>[0][number] => ({
  seq,
  at: new Date(start + ms).toISOString(),
  kind,
  data,
});
const step = (name: string, result: string): Record<string, unknown> => ({ attempt: 1, step: name, result });

test("the agent's own share leaves out download, installer and waits", () => {
  const events = [
    event(1, 0, 'agent-started'),
    event(2, 1000, 'attempt-started'),
    event(3, 1100, 'attempt-step', step('download', 'started')),
    event(4, 4100, 'attempt-step', step('download', 'ok')),
    event(5, 4200, 'attempt-step', step('install', 'started')),
    event(6, 9300, 'installer-exited', { attempt: 1, durationMs: 5000 }),
    event(7, 9400, 'attempt-step', step('verify', 'waiting')),
    event(8, 11400, 'attempt-step', step('verify', 'ok')),
    event(9, 11500, 'attempt-ended', { attempt: 1, result: 'protected' }),
  ];
  expect(shareOf(events)).toEqual({ wholeMs: 10500, downloadMs: 3000, installerMs: 5000, waitedMs: 2000, ownMs: 500 });
});

test('an attempt that did not end is no measurement', () => {
  expect(() => shareOf([event(1, 0, 'attempt-started')])).toThrow('no whole attempt');
});
