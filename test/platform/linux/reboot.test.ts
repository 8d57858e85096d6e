import { expect, it } from 'vitest';
import { shutdownArguments } from '#platform/posix/shutdown.ts';

it.each([
  [600_000, '+10'],
  [600_001, '+11'],
  [30_000, '+1'],
  [0, '+1'],
])('gives %d ms of notice as %s, never less', (noticeMs, when) => {
  expect(shutdownArguments(noticeMs, 'SentinelOne asks for it')).toEqual(['-r', when, 'SentinelOne asks for it']);
});

it('never passes a message that could be read as an option or write on a terminal', () => {
  expect(shutdownArguments(60_000, ' --halt\u001B[2J\n')).toEqual(['-r', '+1', 'halt [2J ']);
});
