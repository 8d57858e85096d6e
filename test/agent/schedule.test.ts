import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { codes, Fault, faultCodes } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import type { Rung } from '#installers/vendor.ts';
import { emptyMemory, type Memory } from '#agent/memory/memory.ts';
import { applyChange } from '#agent/memory/memory-folds.ts';
import { pauseAfter, retryDelayMs, rungAt, startBudget } from '#agent/schedule.ts';

const nowMs = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('delays', () => {
  it('double from 30 s to 1 h at their longest', () => {
    const longest = Array.from({ length: 10 }, (_, index) => retryDelayMs(index + 1, 0.999_999_999));
    expect(longest.map((ms) => Math.round(ms / 1000))).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
  });

  it('are spread over the whole of it, never shorter than a second, never longer than an hour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        unit,
        fc.option(fc.integer({ min: 0, max: 1e9 })),
        (count, random, wish) => {
          const delay = retryDelayMs(count, random, wish ?? undefined);
          const ceiling = Math.min(3_600_000, 30_000 * 2 ** (count - 1));
          expect(delay).toBeGreaterThanOrEqual(1_000);
          expect(delay).toBeLessThanOrEqual(3_600_000);
          if (wish === null) expect(delay).toBe(Math.max(1_000, Math.round(ceiling * random)));
          else expect(delay).toBeGreaterThanOrEqual(Math.min(wish, limits.retryAfterMaxMs));
        },
      ),
    );
  });
});

describe('G17: the day’s starts, whatever a console says', () => {
  const startAt = (memory: Memory, atMs: number): Memory => ({
    ...memory,
    installerStartsMs: [...memory.installerStartsMs, atMs],
  });

  it('never exceed 6 in any 24 hours, or 24 with Retry, however they are tried', () => {
    const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 6 * 3_600_000 }), retry: fc.boolean() }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, (tries) => {
        let memory: Memory = emptyMemory;
        let atMs = nowMs;
        const allowed: { atMs: number; raised: boolean }[] = [];
        for (const { afterMs, retry } of tries) {
          atMs += afterMs;
          if (retry) memory = applyChange(memory, { change: 'retry', by: 'console', commandId: null, atMs });
          const budget = startBudget(memory, atMs);
          if (budget.nextAtMs !== null) continue;
          memory = startAt(memory, atMs);
          allowed.push({ atMs, raised: budget.max === limits.installerStartsPerDayMax });
        }
        for (const { atMs: endMs, raised } of allowed) {
          const inADay = allowed.filter((each) => each.atMs > endMs - dayMs && each.atMs <= endMs).length;
          expect(inADay).toBeLessThanOrEqual(raised ? limits.installerStartsPerDayMax : limits.installerStartsPerDay);
        }
      }),
    );
  });

  it('says when the next one is allowed, and then it is', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: dayMs }), { minLength: 6, maxLength: 24 }), (ages) => {
        const memory = { ...emptyMemory, installerStartsMs: ages.map((age) => nowMs - age) };
        const { nextAtMs } = startBudget(memory, nowMs);
        if (nextAtMs === null) return;
        expect(nextAtMs).toBeGreaterThan(nowMs);
        expect(startBudget(memory, nextAtMs - 1).nextAtMs).not.toBeNull();
        expect(startBudget(memory, nextAtMs).nextAtMs).toBeNull();
      }),
    );
  });

  it('of a clock that was a month ahead do not block for a month', () => {
    const memory = { ...emptyMemory, installerStartsMs: Array.from({ length: 6 }, () => nowMs + 30 * dayMs) };
    expect(startBudget(memory, nowMs).nextAtMs).toBeNull();
  });

  it('with Retry are 24, whatever Retry says again', () => {
    let memory: Memory = {
      ...emptyMemory,
      installerStartsMs: Array.from({ length: 24 }, (_, index) => nowMs - index * 1000),
    };
    for (let press = 0; press < 5; press += 1)
      memory = applyChange(memory, { change: 'retry', by: 'console', commandId: null, atMs: nowMs });
    expect(startBudget(memory, nowMs)).toMatchObject({ used: 24, max: 24 });
    expect(startBudget(memory, nowMs).nextAtMs).not.toBeNull();
  });

  it('counts what ran against the ceiling of 24, also when a start was given back', () => {
    const ran = Array.from({ length: 24 }, (_, index) => nowMs - index * 60_000);
    const memory = { ...emptyMemory, installerStartsMs: [], installerRunsMs: ran, raisedUntilMs: nowMs + dayMs };
    expect(startBudget(memory, nowMs)).toEqual({ used: 0, max: 24, nextAtMs: nowMs - 23 * 60_000 + dayMs });
    expect(startBudget({ ...memory, installerRunsMs: ran.slice(1) }, nowMs).nextAtMs).toBeNull();
  });
});

describe('pauses', () => {
  const circumstances = { nowMs, random: 0.5, basis: 'b', bootId: 'boot-1', attempt: 3 };

  it.each(faultCodes)('after %s follow its class', (code) => {
    const pause = pauseAfter(new Fault(code, 'x').toRecord(), null, emptyMemory, circumstances);
    const { class: kind } = codes[code];
    expect(pause.untilMs).toBe(kind === 'permanent' || kind === 'defect' ? null : nowMs + 15_000);
    expect(pause.basis).toBe('b');
  });

  const rung = fc.oneof<fc.Arbitrary<Rung>[]>(
    fc.record({ kind: fc.constant('again' as const), times: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('after-reboot' as const), times: fc.integer({ min: 1, max: 3 }) }),
    fc.constant({ kind: 'fresh-download' } as const),
    fc.constant({ kind: 'changed-arguments', arguments: [] } as const),
  );

  it('walk a ladder to its end and stop there, as a walk rung by rung does', () => {
    fc.assert(
      fc.property(fc.array(rung, { maxLength: 4 }), fc.integer({ min: 1, max: 30 }), (rungs, count) => {
        const ladder: Rung[] = [...rungs, { kind: 'stop' }];
        const walked = rungs.flatMap((each) => Array.from({ length: 'times' in each ? each.times : 1 }, () => each));
        const memory = { ...emptyMemory, faultCounts: { 'install.failed': count - 1 } };
        const pause = pauseAfter(new Fault('install.failed', 'x').toRecord(), ladder, memory, circumstances);
        const on = walked[count - 1] ?? { kind: 'stop' };
        expect(pause.untilMs === null).toBe(on.kind === 'stop' || on.kind === 'after-reboot');
        expect(pause.rung?.kind ?? 'stop').toBe(on.kind);
        if (on.kind === 'after-reboot') expect(pause.rung).toMatchObject({ bootId: 'boot-1', attempt: 3 });
        expect(pause.count).toBe(count);
        expect(rungAt(ladder, count)).toEqual(walked[count - 1] ?? { kind: 'stop' });
      }),
    );
  });

  it('begin anew after Retry', () => {
    const counted = { ...emptyMemory, faultCounts: { 'install.failed': 7 } };
    const memory = applyChange(counted, { change: 'retry', by: 'local', commandId: null, atMs: nowMs });
    expect(pauseAfter(new Fault('install.failed', 'x').toRecord(), null, memory, circumstances)).toMatchObject({
      count: 1,
      untilMs: nowMs + 15_000,
    });
  });
});
