/** Comma-separated values, read and written. Pure. */
import { Fault } from '#protocol/codes.ts';

const rowsMax = 5_000;

interface Reader {
  rows: string[][];
  row: string[];
  cell: string;
  quoted: boolean;
}

function endCell(reader: Reader): void {
  reader.row.push(reader.cell);
  reader.cell = '';
}

function endRow(reader: Reader): void {
  endCell(reader);
  if (reader.row.some((cell) => cell.trim() !== '')) reader.rows.push(reader.row);
  reader.row = [];
  if (reader.rows.length > rowsMax) throw new Fault('request.too-large', `more than ${rowsMax} rows`);
}

function plainCharacter(reader: Reader, character: string, separator: string): void {
  if (character === '"' && reader.cell.trim() === '') {
    reader.cell = '';
    reader.quoted = true;
  } else if (character === separator) endCell(reader);
  else if (character === '\n') endRow(reader);
  else if (character !== '\r') reader.cell += character;
}

/** Cells of each row that holds anything, by RFC 4180; `;` separates when the first line has more of it than of `,`. */
export function readCsv(text: string): string[][] {
  const first = (text.split('\n', 1)[0] ?? '').replaceAll(/"[^"]*"/g, '');
  const separator = first.split(';').length > first.split(',').length ? ';' : ',';
  const reader: Reader = { rows: [], row: [], cell: '', quoted: false };
  const clean = text.replace(/^\uFEFF/, '');
  for (let index = 0; index < clean.length; index += 1) {
    const character = clean.charAt(index);
    if (!reader.quoted) plainCharacter(reader, character, separator);
    else if (character !== '"') reader.cell += character;
    else if (clean.charAt(index + 1) === '"') {
      reader.cell += '"';
      index += 1;
    } else reader.quoted = false;
  }
  if (reader.quoted) throw new Fault('request.invalid', 'a quote is opened and never closed');
  endRow(reader);
  return reader.rows;
}

/** What begins a formula, also in the wide letters of East Asia. */
const formula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** A cell that no spreadsheet takes for a formula (G23), without control characters: each is a blank, also in front. */
export function safeCell(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
  const tame = typeof value === 'string' && (formula.test(text) || /^[\t\r]/.test(value)) ? `'${text}` : text;
  return /[",;\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}

export function writeRow(cells: readonly (string | number | null)[]): string {
  return `${cells.map((cell) => safeCell(cell)).join(',')}\r\n`;
}
