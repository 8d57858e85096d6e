import { describe, expect, it } from 'vitest';
import { lengthOf, pagesOf } from '#console/web/devices/device-pages.ts';

/** A page of the list with so many rows; the rows themselves do not matter here. */
const page = (rows: number, next: string | null) => ({ items: Array.from({ length: rows }) as never[], next });

describe('pages of a long list', () => {
  it('are those of the rows on the screen, and always the first one', () => {
    expect(pagesOf([])).toEqual([0]);
    expect(pagesOf([0, 49])).toEqual([0]);
    expect(pagesOf([99_990, 99_949, 99_950])).toEqual([0, 1998, 1999]);
  });
});

describe('the length of a list', () => {
  it('is the counted one, and never less than what is here', () => {
    expect(lengthOf(100_000, new Map([[0, page(50, 'a')]]))).toBe(100_000);
    expect(lengthOf(null, new Map())).toBe(0);
    expect(lengthOf(20, new Map([[1, page(50, 'b')]]))).toBe(100);
  });
  it('is what its last page says, whatever was counted before', () => {
    const pages = new Map([
      [0, page(50, 'a')],
      [1, page(7, null)],
    ]);
    expect(lengthOf(90, pages)).toBe(57);
  });
});
