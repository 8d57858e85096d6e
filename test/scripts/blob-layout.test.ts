/** Shapes as Node 22.23.2 writes them; that a 32-bit runtime writes the same bytes is compared under Wine. */
import { describe, expect, test } from 'vitest';
import { blobFor32Bit, parseBlob, writeBlob } from '../../scripts/build/blob-layout.ts';

const text = (value: string): Buffer => Buffer.from(value);
const head = (flags: number): Buffer => Buffer.from([0x20, 0xda, 0x43, 0x01, flags, 0, 0, 0, 0]);
const whole = {
  head: head(1 | 8 | 16),
  texts: [text('m.cjs'), text('console.log(1)')],
  assets: [[text('a'), text('content')] as const, [text('b'), text('')] as const],
  execArgv: [text('--disable-sigusr1')],
};

describe('the layout of a blob', () => {
  test('every length takes four bytes less for a 32-bit runtime, and nothing else changes', () => {
    const wide = writeBlob(whole, 8);
    const narrow = blobFor32Bit(wide);
    expect(narrow).toEqual(writeBlob(whole, 4));
    // Two texts, the number of assets and four lengths of theirs, the number of options and one.
    expect(wide.length - narrow.length).toBe(4 * (2 + 1 + 4 + 1 + 1));
    expect(parseBlob(narrow, 4)).toEqual(whole);
  });

  test('parts that are not there have no length either', () => {
    const bare = { head: head(1), texts: whole.texts, assets: null, execArgv: null };
    expect(parseBlob(writeBlob(bare, 8), 8)).toEqual(bare);
    expect(blobFor32Bit(writeBlob(bare, 8))).toHaveLength(9 + 4 + 5 + 4 + 14);
  });

  test.each([
    ['another beginning', Buffer.alloc(40)],
    ['a snapshot', Buffer.concat([head(2), Buffer.alloc(32)])],
    ['an end in the middle of a part', writeBlob(whole, 8).subarray(0, -3)],
    ['an end in the middle of a length', writeBlob(whole, 8).subarray(0, 12)],
    ['bytes after the last part', Buffer.concat([writeBlob(whole, 8), Buffer.alloc(1)])],
    ['lengths of the other size', writeBlob(whole, 4)],
  ])('%s is refused', (_, bytes) => {
    expect(() => blobFor32Bit(bytes)).toThrow(/blob/);
  });

  test('a code cache is refused: it holds for one runtime', () => {
    const cached = { ...whole, head: head(1 | 4 | 8 | 16), texts: [...whole.texts, text('cache')] };
    expect(() => blobFor32Bit(writeBlob(cached, 8))).toThrow('one runtime only');
  });
});
