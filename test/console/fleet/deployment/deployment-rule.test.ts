import { describe, expect, it } from 'vitest';
import { shouldHalt, slotOutcome, startsMaxOf } from '#console/fleet/deployment/deployment-rule.ts';
import type { ProtectionState } from '#protocol/state.ts';

const since = '2026-03-01T10:00:00.000Z';
const fault = { code: 'install.failed' as const, detail: '', context: {} };

describe('the limit', () => {
  it('is rounded up, so that a small fleet starts at all', () => {
    expect([startsMaxOf(5, 2_000), startsMaxOf(5, 61), startsMaxOf(1, 3), startsMaxOf(null, 9)]).toEqual([
      100,
      4,
      1,
      null,
    ]);
  });
});

describe('a halt', () => {
  const rule = { haltPercent: 20, haltFailuresMin: 3, before: { done: 0, failed: 0 } };

  it('needs a share and a number of failures', () => {
    expect(shouldHalt({ done: 0, failed: 2 }, rule)).toBe(false);
    expect(shouldHalt({ done: 0, failed: 3 }, rule)).toBe(true);
    expect(shouldHalt({ done: 12, failed: 3 }, rule)).toBe(true);
    expect(shouldHalt({ done: 13, failed: 3 }, rule)).toBe(false);
    expect(shouldHalt({ done: 100, failed: 25 }, rule)).toBe(true);
  });

  it('does not come again for what was approved, only for what came after', () => {
    const approved = { ...rule, before: { done: 4, failed: 6 } };
    expect(shouldHalt({ done: 4, failed: 6 }, approved)).toBe(false);
    expect(shouldHalt({ done: 4, failed: 8 }, approved)).toBe(false);
    expect(shouldHalt({ done: 4, failed: 9 }, approved)).toBe(true);
    expect(shouldHalt({ done: 30, failed: 9 }, approved)).toBe(false);
  });
});

describe('the outcome of a slot', () => {
  const waiting = (condition: 'turn' | 'window' | 'package-manager-free'): ProtectionState => ({
    kind: 'waiting',
    since,
    condition,
    fault,
    holder: null,
    lookAgainAt: since,
  });
  const givenAtMs = Date.parse(since);
  const used = { givenAtMs, tokenGiven: true };
  const unused = { givenAtMs, tokenGiven: false };
  const retrying: ProtectionState = {
    kind: 'retrying',
    since,
    attempt: 1,
    attemptsMax: 6,
    fault,
    nextAttemptAt: since,
  };

  it('is a failure only once an installer may have run', () => {
    expect(slotOutcome(retrying, used)).toBe('failed');
    expect(slotOutcome(retrying, unused)).toBe('not-now');
    expect(slotOutcome({ kind: 'failed', since, fault }, unused)).toBe('failed');
  });

  it('is left open while the device only waits for its own system, and freed when it waits for hours or a person', () => {
    expect(slotOutcome(waiting('package-manager-free'), unused)).toBe('going');
    expect(slotOutcome(waiting('window'), unused)).toBe('not-now');
    expect(slotOutcome({ kind: 'blocked', since, fault, conflicts: [] }, unused)).toBe('not-now');
    expect(slotOutcome({ kind: 'protected', since, version: '1.2', notes: [] }, used)).toBe('done');
  });

  it('is no failure while only a restart is missing', () => {
    const state = { kind: 'not-protecting', since, version: '1.2', detail: '' } as const;
    expect(slotOutcome({ ...state, reason: 'reboot-pending' }, used)).toBe('not-now');
    expect(slotOutcome({ ...state, reason: 'service-stopped' }, used)).toBe('failed');
  });

  it('is not what the device said before it had the slot', () => {
    const later = { givenAtMs: givenAtMs + 1, tokenGiven: false };
    expect(slotOutcome({ kind: 'failed', since, fault }, later)).toBe('going');
    expect(slotOutcome({ kind: 'protected', since, version: '1.2', notes: [] }, later)).toBe('done');
  });
});
