/**
 * The last pass over what leaves a device: secrets that hide in other spellings, whoever wrote them there. Each run of
 * text that spells something else is read as that, in each other too (base64 of UTF-16, percent-encoded base64), and taken
 * out as a whole when a secret comes to light (G18). Works on a whole text, never on a part of it: half a secret is not
 * recognised as one. Pure.
 */
import { secretField, type Redactor } from '#agent/redact.ts';

const mask = '[redacted]';
const depthMax = 3;
/** Letters with zeros between them, in either order. */
const wide = /\0?(?:[\x20-\x7E]\0){5,}[\x20-\x7E]?/g;
/** Also wrapped over lines, as mail and certificates are; shorter runs cannot spell what counts as a secret. */
const base64 = /[A-Za-z0-9+/_-]{16,}(?:\r?\n[ \t]{0,20}[A-Za-z0-9+/_-]{4,})*={0,2}/g;
const word = /[^\s"'<>]{8,}/g;

export function withoutHidden(text: string, redactor: Redactor): string {
  return at(0, text, redactor);
}

/** Fields by their name, every text by what hides in it. */
export function cleanValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return withoutHidden(value, redactor);
  if (Array.isArray(value)) return value.map((entry) => cleanValue(entry, redactor));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      const clean = secretField.test(key) && entry !== null ? mask : cleanValue(entry, redactor);
      return [withoutHidden(key, redactor), clean];
    }),
  );
}

function at(depth: number, text: string, redactor: Redactor): string {
  const clean = redactor.text(text);
  if (depth === depthMax) return clean;
  const hides = (inner: string): boolean => at(depth + 1, inner, redactor) !== inner;
  return clean
    .replaceAll(wide, (run) => (hides(run.replaceAll('\0', '')) ? mask : run))
    .replaceAll(word, (run) => (run.includes('%') && hides(unescaped(run)) ? mask : run))
    .replaceAll(base64, (run) => (spellings(run).some((inner) => hides(inner)) ? mask : run));
}

/** Of any case and of every letter, not only of those that need it. */
function unescaped(run: string): string {
  return run.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** A run may begin with letters that belong to something else: one of four readings is in step. */
function spellings(run: string): readonly string[] {
  const letters = run.replaceAll(/[\r\n\t =]/g, '');
  return [0, 1, 2, 3].map((skip) => Buffer.from(letters.slice(skip), 'base64').toString('latin1'));
}
