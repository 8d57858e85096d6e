import { describe, expect, it } from 'vitest';
import { addedSince, exitCodeIn, logText, wholeLines, withoutControls } from '#agent/actions/log-text.ts';
import { createRedactor } from '#agent/redact.ts';

describe('what a run added to a log that all runs share', () => {
  const before = '10:00 exit status 103\n10:01 done\n';
  it('leaves out what stood there before', () => {
    expect(addedSince(`${before}10:05 exit status 101\n`, before)).toBe('10:05 exit status 101\n');
    expect(addedSince(before, before)).toBe('');
  });
  it('takes a log that was begun anew, or has grown past what is read, as a whole', () => {
    expect(addedSince('10:05 new\n', before)).toBe('10:05 new\n');
    expect(addedSince('10:05 new\n', '')).toBe('10:05 new\n');
  });
});

describe('bytes of a log as text', () => {
  const line = 'Property(S): SITE_TOKEN = abc\r\nAction ended: Größe 日本\r\n';

  it('reads UTF-8 as it is', () => {
    expect(logText(Buffer.from(line))).toBe(line);
    expect(logText(Buffer.from(`\uFEFF${line}`))).toBe(line);
    expect(logText(new Uint8Array())).toBe('');
  });

  it('reads UTF-16 of Windows, whole, with its mark, and cut in the middle of a character', () => {
    const wide = Buffer.from(`\uFEFF${line}`, 'utf16le');
    expect(logText(wide)).toBe(line);
    expect(logText(wide.subarray(2))).toBe(line);
    expect(logText(wide.subarray(13))).toBe(line.slice(6));
    expect(logText(wide.subarray(14))).toBe(line.slice(6));
  });

  it('G18 shows no token where UTF-16 is not recognised', () => {
    const token = Buffer.from(JSON.stringify({ url: 'https://example.invalid', site_key: 'k'.repeat(64) })).toString(
      'base64',
    );
    const log = logText(Buffer.from(`${'記録'.repeat(2000)}\nSITE_TOKEN=${token}\n`, 'utf16le'));
    const shown = withoutControls(createRedactor().text(log));
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain(token);
  });

  it('leaves out the line that was cut', () => {
    expect(wholeLines('OKEN=abc\nnext\n')).toBe('next\n');
    expect(wholeLines('no end')).toBe('');
  });

  it('keeps lines and tabs and nothing a terminal would obey', () => {
    expect(withoutControls('a\u001b[31mb\u0007\tc\nd\u202ee')).toBe('ab\tc\nde');
  });
});

describe('G7: the number in a file that an installer left', () => {
  it.each([
    ['0', 0],
    [' 2002\r\n', 2002],
    ['3221225477', 3_221_225_477],
    ['4294967295', 4_294_967_295],
  ])('%j is %i', (text, code) => {
    expect(exitCodeIn(text)).toBe(code);
  });

  it.each(['', ' ', '-1', '0x0', '12 13', '4294967296', '12345678901', '1e3', '2002\n0', '٣', '0\0', 'ok'])(
    '%j is none',
    (text) => {
      expect(exitCodeIn(text)).toBeNull();
    },
  );
});
