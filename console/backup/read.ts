/** Reads a backup twice: once to know that it is whole, ours and not newer than this program, once to take its rows. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { equal } from '#protocol/crypto.ts';
import {
  createSeal,
  endSchema,
  formatVersion,
  headerSchema,
  rowSchema,
  sealPurpose,
  tableSchema,
  type End,
  type Header,
  type Row,
  type TableHead,
} from '#console/backup/format.ts';
import type { Sealer } from '#console/secrets.ts';
import { migrationNames } from '#console/store/schema/migrations.ts';

/** No line of ours is longer; more is not ours. */
const lineMax = 64 * 1024 * 1024;

const damaged = (why: string, cause?: unknown): Fault => new Fault('backup.damaged', why, { cause });

/** At line feeds alone: Node's own line reader also breaks at U+2028, which may stand in a name. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  const plain = createGunzip();
  source.on('error', (error) => plain.destroy(error));
  source.pipe(plain);
  plain.setEncoding('utf8');
  // The parts of a line are put together once: it may come in hundreds of them.
  let parts: string[] = [];
  let length = 0;
  try {
    for await (const chunk of plain as AsyncIterable<string>) {
      const [first = '', ...more] = chunk.split('\n');
      parts.push(first);
      length += first.length;
      if (length > lineMax) throw damaged('it holds a line that no backup has');
      const last = more.pop();
      if (last === undefined) continue;
      yield parts.join('');
      yield* more;
      parts = [last];
      length = last.length;
    }
    if (length > 0) throw damaged('it is broken off');
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw damaged(`${file} cannot be read: ${error instanceof Error ? error.message : 'broken off'}`, error);
  } finally {
    source.destroy();
    plain.destroy();
  }
}

function parse<T extends z.ZodType>(schema: T, line: string, what: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw damaged(`${what} is not readable`, error);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw damaged(`${what} is not what a backup holds there`);
  return parsed.data;
}

/** Refuses what this program cannot read before anything else is asked of the file. */
function demandKnown(header: Header): void {
  const unknown = header.migrations.filter((name) => !migrationNames().includes(name));
  if (header.version > formatVersion || unknown.length > 0)
    throw new Fault('backup.newer', `it was made by version ${header.consoleVersion}`);
}

export interface Checked {
  readonly header: Header;
  readonly end: End;
}

/** Faults `backup.damaged`, `backup.newer`, `backup.other-key-file`. Writes nothing. */
export async function checkBackup(file: string, sealer: Sealer): Promise<Checked> {
  const seal = createSeal(sealer.subkey(sealPurpose));
  let header: Header | null = null;
  let held: string | null = null;
  const counts: Record<string, number> = {};
  let table = '';
  for await (const line of linesOf(file)) {
    if (held !== null) {
      seal.add(held);
      if (header === null) demandKnown((header = parse(headerSchema, held, 'its first line')));
      else if (held.startsWith('{')) counts[(table = parse(tableSchema, held, 'the head of a table').table)] = 0;
      else counts[table] = (counts[table] ?? 0) + 1;
    }
    held = line;
  }
  if (header === null || held === null) throw damaged('it is empty or broken off');
  const { end } = parse(endSchema, held, 'its last line');
  const found = seal.read();
  if (found.sha256 !== end.sha256) throw damaged('its checksum is another one');
  if (!equal(Buffer.from(found.mac), Buffer.from(end.mac)))
    throw new Fault('backup.other-key-file', 'it is whole, and was sealed with another key file');
  if (JSON.stringify(counts) !== JSON.stringify(end.rows)) throw damaged('its rows are not those it names');
  return { header, end };
}

export type Part = { readonly kind: 'table'; readonly table: TableHead } | { readonly kind: 'row'; readonly row: Row };

/** Tables and rows of a file that was checked. */
export async function* partsOf(file: string): AsyncGenerator<Part> {
  let first = true;
  for await (const line of linesOf(file)) {
    if (first || line.startsWith('{"end":')) {
      first = false;
      continue;
    }
    if (line.startsWith('{')) yield { kind: 'table', table: parse(tableSchema, line, 'the head of a table') };
    else yield { kind: 'row', row: parse(rowSchema, line, 'a row') };
  }
}
