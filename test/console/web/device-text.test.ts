import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lines, plain, systemText } from '#console/web/device-text.ts';

describe('device text', () => {
  it('loses what turns, hides or commands', () => {
    expect(plain('pc-\u202egpj.exe\u202c')).toBe('pc-gpj.exe');
    expect(plain('a\u200b\u2066b\u2069\ufeff\u00ad')).toBe('ab');
    expect(plain('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u009b1m')).toBe('red x1m');
    expect(plain('two\r\nlines\tand\u2028more')).toBe('two lines andmore');
  });

  it('keeps letters of every script', () => {
    expect(plain('Zürich 東京 שלום 🙂')).toBe('Zürich 東京 שלום 🙂');
  });

  it('keeps the lines of output', () => {
    expect(lines('a\r\nb\rc\n\td\u0000')).toBe('a\nb\nc\n\td');
  });

  it('holds for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(plain(text))).toBe(false);
        expect(/(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/u.test(lines(text))).toBe(false);
      }),
    );
  });
});

describe('name of a system', () => {
  it('says its version once', () => {
    expect(systemText('Debian GNU/Linux 12 (bookworm)', '12')).toBe('Debian GNU/Linux 12 (bookworm)');
    expect(systemText('macOS', '15.1')).toBe('macOS 15.1');
    expect(systemText('Fedora Linux 42', '2')).toBe('Fedora Linux 42 2');
    expect(systemText('', '')).toBe('');
  });
});
