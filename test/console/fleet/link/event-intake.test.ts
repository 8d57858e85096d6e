import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeEvent, takeIn, type Judged } from '#console/fleet/link/event-intake.ts';

const event = (seq: number, kind = 'something-new', data: Record<string, unknown> = {}) => ({
  seq,
  at: '2026-03-01T10:00:00.000Z',
  kind,
  data,
});
const judged = (seqs: readonly number[]): Judged[] => seqs.flatMap((seq) => judgeEvent(event(seq)) ?? []);

describe('judgeEvent', () => {
  it('keeps unknown kinds, checks the data of known ones, and needs a number', () => {
    expect(judgeEvent(event(1, 'from-the-future', { x: 1 }))?.event?.data).toEqual({ x: 1 });
    expect(judgeEvent(event(1, 'unenrolled', { by: 'nobody' }))).toMatchObject({
      seq: 1,
      event: null,
      problem: expect.stringContaining('by'),
    });
    expect(judgeEvent({ ...event(1), at: 'yesterday' })).toMatchObject({ seq: 1, event: null });
    expect(judgeEvent({ kind: 'x' })).toBeNull();
    expect(judgeEvent(null)).toBeNull();
  });

  it('drops what a known kind does not have, and refuses what is too large', () => {
    const extra = judgeEvent(event(1, 'unenrolled', { by: 'local', __proto__x: 'y' }));
    expect(extra?.event?.data).toEqual({ by: 'local' });
    expect(judgeEvent(event(1, 'from-the-future', { x: 'y'.repeat(80_000) }))?.event).toBeNull();
  });
});

describe('takeIn', () => {
  it('acknowledges every number once: stored, rejected or in a gap', () => {
    const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 });
    const before = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(seqs, before, fc.integer({ min: 1, max: 60 }), (sent, known, oldest) => {
        const intake = takeIn({ acknowledged: known, toldBehind: true }, oldest, judged(sent));
        const gaps = intake.gaps.flatMap(({ from, to }) =>
          Array.from({ length: to - from + 1 }, (_, index) => from + index),
        );
        const covered = [
          ...intake.store.map((one) => one.seq),
          ...intake.rejected.map((one) => one.seq),
          ...gaps,
        ].toSorted((a, b) => a - b);
        const expected = Array.from({ length: intake.acknowledged - known }, (_, index) => known + 1 + index);
        expect(covered).toEqual(expected);
        expect(intake.acknowledged).toBeGreaterThanOrEqual(known);
      }),
    );
  });

  it('moves nothing the first time it is behind, and never back', () => {
    const first = takeIn({ acknowledged: 3, toldBehind: false }, 1, judged([6, 7]));
    expect(first).toMatchObject({ store: [], gaps: [], acknowledged: 3, behind: true });
    const again = takeIn({ acknowledged: 3, toldBehind: true }, 1, judged([6, 7]));
    expect(again).toMatchObject({ gaps: [{ from: 4, to: 5 }], acknowledged: 7, behind: false });
  });
});
