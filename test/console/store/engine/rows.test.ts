import { describe, expect, it } from 'vitest';
import { batchBytes, rowsAtOnce } from '#console/store/engine/rows.ts';

describe('rows of a whole table', () => {
  it.each([
    ['an empty table', 0, 500],
    ['small rows', 400, 500],
    ['reports', 64 * 1024, 256],
    ['archives of diagnostics', 14 * 1024 * 1024, 1],
    ['rows beyond every limit', 10 ** 12, 1],
  ])('are read so many at a time that memory holds them: %s', (_what, widest, atOnce) => {
    expect(rowsAtOnce(widest)).toBe(atOnce);
    if (widest <= batchBytes) expect(rowsAtOnce(widest) * widest).toBeLessThanOrEqual(batchBytes);
  });
});
