import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { readCsv, safeCell, writeRow } from '#console/fleet/lists/csv.ts';

describe('reading', () => {
  it('takes quotes, line ends of every kind, empty lines and a mark of the byte order', () => {
    expect(readCsv('\uFEFFname,id\r\n"Bakery, north",17\n\n"He said ""no""",\n')).toEqual([
      ['name', 'id'],
      ['Bakery, north', '17'],
      ['He said "no"', ''],
    ]);
    expect(readCsv('name;id\nBakery;17')).toEqual([
      ['name', 'id'],
      ['Bakery', '17'],
    ]);
    expect(readCsv('"two\nlines",x')).toEqual([['two\nlines', 'x']]);
  });

  it('refuses what is not closed, and what is too long', () => {
    expect(() => readCsv('"open')).toThrow('never closed');
    expect(() => readCsv('a\n'.repeat(5_001))).toThrow('more than 5000 rows');
  });
});

describe('writing (G23)', () => {
  it('leaves no cell that a spreadsheet would run', () => {
    for (const evil of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =cmd', '\n=1']) {
      expect(safeCell(evil).replace(/^"/, '')).toMatch(/^'/);
    }
    // What is hidden in front becomes a blank, and some programs take the wide letters of East Asia for the narrow ones.
    for (const evil of [
      '\u200b=1+1',
      '\u0000=1',
      '\u202e@x',
      '\u001f\u00ad-1',
      '\uff1d1+1',
      ' \uff0b1',
      '\uff0d1',
      '\uff20x',
    ]) {
      expect(safeCell(evil)).toMatch(/^'/);
    }
    expect([safeCell('plain'), safeCell(-5), safeCell(null), safeCell('a,b')]).toEqual(['plain', '-5', '', '"a,b"']);
    expect(safeCell('pc-\u202egpj.exe')).toBe('pc- gpj.exe');
  });

  it('is read back as it was, whatever the cells hold', () => {
    const cell = fc
      .string({ unit: 'grapheme' })
      .filter(
        (text) =>
          !/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) &&
          !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text) &&
          text.trim() === text &&
          text !== '',
      );
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
        expect(readCsv(writeRow(['a', ...cells]))).toEqual([['a', ...cells]]);
      }),
    );
  });
});
