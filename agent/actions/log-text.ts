/**
 * Bytes of a log as text. Windows Installer writes UTF-16; a tail may begin in the middle of a character. Without zeros
 * also where UTF-16 was not recognised (its beginning may hold few Latin letters): between the letters of a token they
 * would keep it from being redacted, and whoever leaves them out for the reader would show it. Pure.
 */

/** Of a UTF-16 text in Latin letters every other byte is zero; no UTF-8 text holds any. */
const zerosMin = 0.2;

export function logText(bytes: Uint8Array): string {
  const sample = bytes.subarray(0, 4096);
  const [even, odd] = [zerosAt(sample, 0), zerosAt(sample, 1)];
  if (Math.max(even, odd) < zerosMin * (sample.length / 2))
    return Buffer.from(bytes)
      .toString('utf8')
      .replaceAll('\0', '')
      .replace(/^\uFEFF/, '');
  // Little-endian: the zeros stand behind the letters. Where they stand before them, the first byte was cut off.
  const whole = even > odd ? bytes.subarray(1) : bytes;
  return Buffer.from(whole)
    .toString('utf16le')
    .replace(/^\uFEFF/, '');
}

function zerosAt(bytes: Uint8Array, parity: 0 | 1): number {
  return bytes.reduce((count, byte, index) => count + (byte === 0 && index % 2 === parity ? 1 : 0), 0);
}

/** Without the line that was cut: half a secret would not be recognised as one. */
export function wholeLines(tail: string): string {
  const cut = tail.indexOf('\n');
  return cut === -1 ? '' : tail.slice(cut + 1);
}

/** A log that was begun anew, or has grown past what is read of it, is new as a whole. */
export function addedSince(tail: string, ending: string): string {
  const at = ending === '' ? -1 : tail.lastIndexOf(ending);
  return at === -1 ? tail : tail.slice(at + ending.length);
}

/** The number that an installer left in a file: digits and nothing else, a DWORD; null for anything more or less. */
export function exitCodeIn(text: string): number | null {
  const digits = /^\s{0,8}(\d{1,10})\s{0,8}$/.exec(text)?.[1];
  const code = digits === undefined ? null : Number(digits);
  return code === null || code > 0xffffffff ? null : code;
}

/** What a terminal or a page would obey is left out. */
export function withoutControls(text: string): string {
  return text
    .replaceAll(/\p{Cc}\[[0-9;?]*[A-Za-z]/gu, '')
    .replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, (mark) => (mark === '\n' || mark === '\t' ? mark : ''));
}
