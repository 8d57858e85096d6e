import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alarmDaysLeft, nextTryMs, renewAtMs } from '#console/fleet/connections/renewal-times.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const renewDay = (lifeDays: number): number =>
  (renewAtMs({ createdAtMs: start, expiresAtMs: start + lifeDays * day }) - start) / day;

describe('when an API token is renewed', () => {
  it('at half life, or 14 days before its end, whichever comes first', () => {
    expect(renewDay(180)).toBe(90);
    expect(renewDay(30)).toBe(15);
    expect(renewDay(20)).toBe(6);
    expect(renewDay(10)).toBe(2.5);
  });

  it('never before a quarter of its life and never after half of it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 2000, noNaN: true }), (lifeDays) => {
        const at = renewDay(lifeDays);
        expect(at).toBeGreaterThanOrEqual(lifeDays / 4 - 1e-6);
        expect(at).toBeLessThanOrEqual(lifeDays / 2 + 1e-6);
      }),
    );
  });

  it('30 days before the end when nobody told its beginning', () => {
    expect(renewAtMs({ createdAtMs: null, expiresAtMs: start })).toBe(start - 30 * day);
  });

  it('is tried again sooner the nearer the end is; what is refused, once a day', () => {
    const hours = (leftDays: number, refused = false): number =>
      (nextTryMs(start, start + leftDays * day, refused) - start) / 3_600_000;
    expect([hours(90), hours(1), hours(0.1), hours(90, true)]).toEqual([6, 2.4, 1, 24]);
  });
});

describe('alarm days', () => {
  it('30, 14, 7, 1, ended', () => {
    const at = (daysLeft: number) => alarmDaysLeft(start + daysLeft * day, start);
    expect([31, 30, 14.5, 14, 8, 7, 1.1, 1, 0.1, 0, -3].map(at)).toEqual([null, 30, 30, 14, 14, 7, 7, 1, 1, 0, 0]);
  });
});
