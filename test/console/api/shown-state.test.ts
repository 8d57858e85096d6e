import { describe, expect, it } from 'vitest';
import { causeOf, shownState, stateForList } from '#console/api/shown-state.ts';
import { protectionStateSchema, type ProtectionState } from '#protocol/state.ts';

const since = '2026-03-01T10:00:00.000Z';
const long = 'y'.repeat(2000);
const blocked: ProtectionState = {
  kind: 'blocked',
  since,
  fault: { code: 'antivirus.present', detail: long, context: { product: 'ClamAV' } },
  conflicts: Array.from({ length: 20 }, (_, index) => ({
    productId: `p${index}`,
    name: `Product ${index}`,
    version: null,
    state: 'active' as const,
    evidence: Array.from({ length: 10 }, () => 'z'.repeat(200)),
    remedy: long,
  })),
};

describe('shownState', () => {
  it('is what the device said, unless it is silent', () => {
    expect(shownState(blocked, null)).toBe('blocked');
    expect(shownState(blocked, since)).toBe('not-reporting');
    expect(shownState(null, null)).toBe('checking');
  });
});

describe('causeOf', () => {
  it('is the nearest cause', () => {
    expect(causeOf(blocked)).toBe('antivirus.present');
    expect(causeOf({ kind: 'not-protecting', version: null, since, reason: 'detect-only', detail: '' })).toBe(
      'detect-only',
    );
    expect(causeOf({ kind: 'protected', version: '1.2', since, notes: [] })).toBeNull();
  });
});

describe('stateForList', () => {
  it('makes the largest state small and keeps it valid', () => {
    const short = stateForList(blocked);
    expect(JSON.stringify(blocked).length).toBeGreaterThan(80_000);
    expect(JSON.stringify(short).length).toBeLessThan(1500);
    expect(protectionStateSchema.safeParse(short).error).toBeUndefined();
  });
});
