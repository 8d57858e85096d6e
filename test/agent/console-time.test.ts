import { describe, expect, it } from 'vitest';
import { createConsoleTime } from '#agent/console-time.ts';

const dayMs = 86_400_000;

function world(wallMs: number) {
  let passedMs = 0;
  const clock = { now: () => wallMs + passedMs, monotonic: () => 5_000 + passedMs, sleep: () => Promise.resolve() };
  return { clock, pass: (ms: number) => (passedMs += ms) };
}

describe('G33: the time of the console', () => {
  it('goes on from the highest signed time where the own clock starts in the past', () => {
    const { clock, pass } = world(0);
    const time = createConsoleTime(clock, () => 20_000 * dayMs);
    expect(time.now()).toBe(20_000 * dayMs);
    pass(600_000);
    expect(time.now()).toBe(20_000 * dayMs + 600_000);
  });

  it('is carried by the monotonic clock once it was signed, and never believed to be earlier', () => {
    const { clock, pass } = world(20_001 * dayMs);
    const floor = { ms: 20_000 * dayMs };
    const time = createConsoleTime(clock, () => floor.ms);
    expect(time.accept(19_999 * dayMs)).toBe(false);
    expect(time.accept(20_002 * dayMs)).toBe(true);
    pass(1_000);
    expect(time.now()).toBe(20_002 * dayMs + 1_000);
    expect(time.skewMs()).toBe(-dayMs);
  });

  it('a signed time that was recorded and comes again stops no clock', () => {
    const { clock, pass } = world(20_000 * dayMs);
    const floor = { ms: 0 };
    const time = createConsoleTime(clock, () => floor.ms);
    const begin = 20_000 * dayMs;
    expect(time.accept(begin)).toBe(true);
    floor.ms = begin;
    // Also one of many that were kept from this device, each later than the one before.
    for (let hour = 1; hour <= 48; hour += 1) {
      pass(3_600_000);
      expect([time.accept(begin), time.accept(begin + hour)]).toEqual([false, false]);
    }
    expect(time.now()).toBe(begin + 2 * dayMs);
    expect(time.accept(begin + 2 * dayMs - 1_000)).toBe(true);
  });

  it('follows a console that was set back, once that is not the longer part of the time that has passed', () => {
    const { clock, pass } = world(20_000 * dayMs);
    const time = createConsoleTime(clock, () => 20_000 * dayMs);
    const begin = 20_000 * dayMs + 1;
    expect(time.accept(begin)).toBe(true);
    pass(3_600_000);
    expect(time.accept(begin + 3_600_000 - 1_800_000)).toBe(false);
    pass(5 * 3_600_000);
    expect(time.accept(begin + 6 * 3_600_000 - 1_800_000)).toBe(true);
    expect(time.now()).toBe(begin + 6 * 3_600_000 - 1_800_000);
  });
});
