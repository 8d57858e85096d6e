/** The detection rule: what a management suite is told of each state, on each system. */
import { describe, expect, it } from 'vitest';
import { judge } from '#agent/cli/check.ts';
import { onSystem, outcomeExits } from '#agent/exit-codes.ts';
import { protectionKinds, type ProtectionState } from '#protocol/state.ts';

const since = '2026-06-01T12:00:00.000Z';
const fault = { code: 'install.failed', detail: 'it failed', context: {} } as const;
const conflict = {
  productId: 'clamav',
  name: 'ClamAV',
  version: null,
  state: 'active',
  evidence: [] as string[],
  remedy: 'Remove it.',
} as const;
type Problem = Extract<ProtectionState, { kind: 'degraded' }>['problems'][number]['kind'];
const degraded = (...kinds: readonly Problem[]): ProtectionState => ({
  kind: 'degraded',
  since,
  version: '24.2.2.20',
  problems: kinds.map((kind) => ({ kind, detail: 'so it is' })),
});
const waiting = (condition: Extract<ProtectionState, { kind: 'waiting' }>['condition']): ProtectionState => ({
  kind: 'waiting',
  since,
  condition,
  fault,
  holder: null,
  lookAgainAt: since,
});

const table: readonly (readonly [ProtectionState, keyof typeof outcomeExits, number])[] = [
  [{ kind: 'protected', since, version: '24.2.2.20', notes: ['update-available'] }, 'protected', 0],
  [degraded('wrong-site'), 'needs-attention', 0],
  [degraded('wrong-site', 'reboot-needed'), 'restart-needed', 3010],
  [degraded('reboot-needed', 'foreign-console'), 'foreign-console', 19],
  [{ kind: 'not-protecting', since, version: '1', reason: 'disabled', detail: 'off' }, 'not-protecting', 10],
  [{ kind: 'not-protecting', since, version: '1', reason: 'reboot-pending', detail: 'x' }, 'restart-needed', 3010],
  [{ kind: 'checking', since }, 'unclear', 18],
  [{ kind: 'unsupported', since, reasons: ['32-bit Linux'], help: '' }, 'unsupported', 13],
  [{ kind: 'unassigned', since, reason: 'not-enrolled' }, 'not-assigned', 14],
  [{ kind: 'paused', since, mode: 'watch', wouldInstall: null }, 'watching', 15],
  [{ kind: 'installing', since, step: 'download', attempt: 1, progress: null }, 'working', 17],
  [{ kind: 'blocked', since, fault, conflicts: [conflict] }, 'other-antivirus', 11],
  [{ kind: 'blocked', since, fault, conflicts: [] }, 'unclear', 18],
  [waiting('package-manager-free'), 'busy', 1618],
  [waiting('installer-settled'), 'busy', 1618],
  [waiting('reboot'), 'restart-needed', 3010],
  [waiting('disk-space'), 'needs-you', 12],
  [waiting('network'), 'later', 16],
  [{ kind: 'retrying', since, attempt: 1, attemptsMax: 6, fault, nextAttemptAt: since }, 'later', 16],
  [{ kind: 'failed', since, fault }, 'needs-you', 12],
];

describe('every state has its exit code', () => {
  it('and none is left out', () => {
    expect(new Set(table.map(([state]) => state.kind))).toEqual(new Set(protectionKinds));
  });

  it.each(table)('%o', (state, outcome, exitCode) => {
    const verdict = judge({ agent: 'running', state }, false, 'windows');
    expect(verdict).toMatchObject({ outcome, exitCode, isProtected: exitCode === 0 });
    expect(verdict.text).not.toMatch(/\n/);
    expect(judge({ agent: 'running', state }, false, 'linux').exitCode).toBe(onSystem(exitCode, 'linux'));
  });

  it('no two outcomes share a code, in eight bits as little as on Windows, but the two that are protected', () => {
    const codes = Object.values(outcomeExits).map(({ code }) => code);
    for (const system of ['windows', 'macos'] as const) {
      const there = codes.map((code) => onSystem(code, system));
      expect(new Set(there).size, system).toBe(there.length - 1);
    }
    expect([onSystem(3010, 'linux'), onSystem(1618, 'linux')]).toEqual([194, 82]);
  });
});

describe('what the line says', () => {
  const known: ProtectionState = { kind: 'protected', since, version: '24.2.2.20', notes: [] };

  it('names version and age, and that the agent does not run', () => {
    expect(judge({ agent: 'running', state: known }, false, 'linux').text).toBe(
      `Protected (version 24.2.2.20) since ${since}.`,
    );
    expect(judge({ agent: 'stopped', state: known }, false, 'linux')).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining('The Garrison agent does not run.'),
    });
  });

  it('--strict: a device that needs attention is told apart', () => {
    expect(judge({ agent: 'running', state: degraded('wrong-site') }, true, 'linux')).toMatchObject({
      exitCode: 9,
      isProtected: false,
    });
    expect(judge({ agent: 'running', state: known }, true, 'linux').exitCode).toBe(0);
  });

  it('without agent and product: neither is there', () => {
    const state = { kind: 'unassigned', since, reason: 'not-enrolled' } as const;
    expect(judge({ agent: 'stopped', state }, false, 'macos')).toMatchObject({ outcome: 'stopped', exitCode: 69 });
    expect(judge({ agent: 'running', state }, false, 'macos')).toMatchObject({ exitCode: 14 });
  });

  it('before the first look: unclear, never protected', () => {
    expect(judge({ agent: 'running', state: null }, false, 'linux')).toMatchObject({
      exitCode: 18,
      isProtected: false,
    });
  });

  it('does not hand on what a terminal would obey', () => {
    const state = {
      ...degraded('wrong-site'),
      problems: [{ kind: 'wrong-site', detail: '\u001b[2J\nmoved' }],
    } as never;
    expect(judge({ agent: 'running', state }, false, 'linux').text).not.toMatch(/\p{Cc}/u);
  });
});
