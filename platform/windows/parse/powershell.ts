/** What PowerShell answered. Judged by the framed text alone: an exit code of 0 without it is no answer. */

export type SectionAnswer =
  | { readonly ok: true; readonly value: unknown }
  /** `id` and the codes are constants in every language; `detail` is for people. */
  | {
      readonly ok: false;
      readonly id: string;
      readonly hresult: string;
      readonly native: string;
      readonly detail: string;
    };

const framed = /GARRISON(64)?:([\s\S]*):END/;
const detailMax = 300;

/** By name of the section; null when the output is not framed or holds no JSON. */
export function parsePowerShell(stdout: string): ReadonlyMap<string, SectionAnswer> | null {
  const found = framed.exec(stdout);
  if (found === null) return null;
  const document = parsed(found[1] === undefined ? (found[2] ?? '') : decoded(found[2] ?? ''));
  if (!isObject(document)) return null;
  return new Map(Object.entries(document).map(([name, answer]) => [name, answerOf(answer)]));
}

function answerOf(answer: unknown): SectionAnswer {
  if (isObject(answer) && answer['ok'] === true) return { ok: true, value: answer['value'] ?? null };
  const said = isObject(answer) ? answer : {};
  return {
    ok: false,
    id: wordOf(said['id']),
    hresult: wordOf(said['hresult']),
    native: wordOf(said['native']),
    detail: wordOf(said['detail']),
  };
}

function decoded(base64: string): string {
  try {
    const binary = atob(base64.replaceAll(/\s/g, ''));
    return new TextDecoder().decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
  } catch {
    return '';
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list as it is, a lone thing as a list of it (PowerShell unwraps), a wrapped list without its wrapper, nothing as none. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isObject(value) && Array.isArray(value['value']) && typeof value['Count'] === 'number') return value['value'];
  return value === null || value === undefined ? [] : [value];
}

/** Rows of an answer. */
export function rowsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return listOf(value).filter(isObject);
}

export function wordOf(value: unknown): string {
  return (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '').slice(0, detailMax);
}

/** null for what is no text or empty. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
