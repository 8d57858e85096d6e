import { describe, expect, it } from 'vitest';
import { age, bytes, countdown, counted, duration, exactTime, moment } from '#console/web/format.ts';

const nowMs = new Date(2026, 2, 1, 14, 0, 0).getTime();
const ago = (ms: number): string => new Date(nowMs - ms).toISOString();

describe('age', () => {
  it.each([
    [0, 'just now'],
    [-60_000, 'just now'],
    [42_000, '42 s ago'],
    [119_000, '1 min ago'],
    [3 * 3_600_000, '3 h ago'],
    [47 * 3_600_000, '47 h ago'],
    [49 * 3_600_000, '2 days ago'],
  ])('of %d ms is %s', (ms, expected) => {
    expect(age(ago(ms), nowMs)).toBe(expected);
  });

  it('says so when there is none', () => {
    expect(age('nonsense', nowMs)).toBe('at an unknown time');
  });
});

describe('countdown', () => {
  it.each([
    [-500, 'in 1 s'],
    [-59_001, 'in 1 min 00 s'],
    [-245_000, 'in 4 min 05 s'],
    [-2 * 3_600_000 - 61_000, 'in 2 h 01 min'],
    [-72 * 3_600_000, 'in 3 days'],
  ])('of %d ms is %s', (ms, expected) => {
    expect(countdown(ago(ms), nowMs)).toBe(expected);
  });

  it('is over when the time has come, or is none', () => {
    expect(countdown(ago(0), nowMs)).toBeNull();
    expect(countdown(ago(5_000), nowMs)).toBeNull();
    expect(countdown('nonsense', nowMs)).toBeNull();
  });
});

describe('moment', () => {
  it('names the day when it is another one', () => {
    expect(moment(new Date(2026, 2, 1, 9, 5).toISOString(), nowMs)).toBe('09:05');
    expect(moment(new Date(2026, 2, 2, 2, 10).toISOString(), nowMs)).toBe('tomorrow 02:10');
    expect(moment(new Date(2026, 1, 28, 23, 59).toISOString(), nowMs)).toBe('yesterday 23:59');
    expect(moment(new Date(2026, 5, 3, 8, 0).toISOString(), nowMs)).toBe('3 Jun 08:00');
    expect(moment(new Date(2025, 11, 31, 8, 0).toISOString(), nowMs)).toBe('31 Dec 2025 08:00');
  });

  it('is exact for the tooltip', () => {
    expect(exactTime(new Date(2026, 2, 1, 9, 5, 7).toISOString())).toBe('2026-03-01 09:05:07');
  });
});

describe('numbers', () => {
  it('reads as people do', () => {
    expect([bytes(0), bytes(900), bytes(1536), bytes(157_286_400), bytes(64_424_509_440)]).toEqual([
      '0 B',
      '900 B',
      '1.5 KB',
      '150 MB',
      '60.0 GB',
    ]);
    expect([duration(300), duration(42_000), duration(185_000), duration(7_800_000)]).toEqual([
      '0.3 s',
      '42 s',
      '3 min 05 s',
      '2 h 10 min',
    ]);
    expect([counted(1, 'device'), counted(1204, 'device'), counted(0, 'device')]).toEqual([
      '1 device',
      '1,204 devices',
      '0 devices',
    ]);
  });
});
