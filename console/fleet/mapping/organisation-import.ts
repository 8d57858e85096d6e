/** Organisations from a list of another system: what each line would do. Pure. */
import { Fault } from '#protocol/codes.ts';
import { readCsv } from '#console/fleet/lists/csv.ts';

export interface ImportLine {
  /** In the file, from 1. */
  readonly line: number;
  readonly name: string;
  /** '' when the list has none. */
  readonly outsideId: string;
}

const nameTitles = ['name', 'organisation', 'organization', 'customer'];
const idTitles = ['id', 'outside id', 'external id', 'outsideid', 'externalid'];

/** Columns by their titles in the first line; a list without titles is a list of names. */
export function importLines(text: string): ImportLine[] {
  const rows = readCsv(text);
  const titles = (rows[0] ?? []).map((cell) => cell.trim().toLowerCase().replaceAll('_', ' '));
  const nameAt = titles.findIndex((title) => nameTitles.includes(title));
  const idAt = titles.findIndex((title) => idTitles.includes(title));
  if (nameAt === -1 && titles.length > 1)
    throw new Fault('request.invalid', 'the first line must name a column "name", and may name a column "id"');
  const titled = nameAt !== -1;
  return rows.slice(titled ? 1 : 0).map((cells, index) => ({
    line: index + (titled ? 2 : 1),
    name: (cells[titled ? nameAt : 0] ?? '').trim(),
    outsideId: idAt === -1 ? '' : (cells[idAt] ?? '').trim(),
  }));
}

export type ImportDeed =
  | { readonly kind: 'create' }
  | { readonly kind: 'rename'; readonly organisationId: string }
  | { readonly kind: 'adopt'; readonly organisationId: string }
  | { readonly kind: 'same' }
  | { readonly kind: 'refuse'; readonly why: string };

export interface Existing {
  /** Organisation id by folded name. */
  readonly byName: ReadonlyMap<string, string>;
  readonly byOutsideId: ReadonlyMap<string, string>;
}

function refusalOf({ name, outsideId }: ImportLine): string | null {
  if (name === '') return 'no name';
  if (name.length > 100) return 'a name has at most 100 characters';
  if (outsideId.length > 100) return 'an id has at most 100 characters';
  return /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(name + outsideId) ? 'characters that cannot be seen' : null;
}

function deedOf(line: ImportLine, { byName, byOutsideId }: Existing): ImportDeed {
  const named = byName.get(line.name.toLowerCase());
  const known = line.outsideId === '' ? undefined : byOutsideId.get(line.outsideId);
  if (known !== undefined) {
    if (named === known) return { kind: 'same' };
    if (named !== undefined) return { kind: 'refuse', why: 'another organisation has this name' };
    return { kind: 'rename', organisationId: known };
  }
  if (named === undefined) return { kind: 'create' };
  if (line.outsideId === '') return { kind: 'same' };
  const taken = [...byOutsideId.values()].includes(named);
  return taken
    ? { kind: 'refuse', why: 'the organisation of this name has another id' }
    : { kind: 'adopt', organisationId: named };
}

/** What every line would do; the second of two lines with the same name or id is refused. */
export function importDeeds(
  lines: readonly ImportLine[],
  existing: Existing,
): { line: ImportLine; deed: ImportDeed }[] {
  const seen = new Set<string>();
  return lines.map((line) => {
    const refusal = refusalOf(line);
    const keys = [`name ${line.name.toLowerCase()}`, ...(line.outsideId === '' ? [] : [`id ${line.outsideId}`])];
    const twice = keys.some((key) => seen.has(key));
    for (const key of keys) seen.add(key);
    if (refusal !== null) return { line, deed: { kind: 'refuse', why: refusal } };
    if (twice) return { line, deed: { kind: 'refuse', why: 'the same name or id stands in another line' } };
    return { line, deed: deedOf(line, existing) };
  });
}
