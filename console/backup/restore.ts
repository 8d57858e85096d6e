/** Brings a checked backup into an empty place, all or nothing, and ends what must not live on from it. */
import { sql, type Kysely } from 'kysely';
import { Fault } from '#protocol/codes.ts';
import type { Header, Row, TableHead } from '#console/backup/format.ts';
import { checkBackup, partsOf } from '#console/backup/read.ts';
import { settle, type Settled, type Settling } from '#console/backup/settle.ts';
import { migrate } from '#console/store/schema/migrations.ts';
import type { EmptyPlace } from '#console/store/engine/empty-place.ts';
import { batchBytes, countOn, putRows, wholeTables, type WholeTable } from '#console/store/engine/rows.ts';
import type { Db } from '#console/store/store.ts';

/** Databases take no more values than this in one statement. */
const valuesMax = 20_000;

export interface RestoreParts extends Omit<Settling, 'db'> {
  readonly file: string;
  readonly place: EmptyPlace;
  progress(table: string, rows: number): void;
}

export interface Restored extends Settled {
  readonly header: Header;
  readonly rows: Readonly<Record<string, number>>;
}

interface Target {
  readonly db: Kysely<unknown>;
  readonly kind: EmptyPlace['kind'];
  readonly tables: readonly WholeTable[];
}

function bytesOf(row: Row): number {
  return row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
}

function demandFits({ tables }: Target, head: TableHead): void {
  const columns = tables.find((table) => table.name === head.table)?.columns ?? [];
  if (head.columns.every((column) => columns.includes(column)) && columns.length === head.columns.length) return;
  throw new Fault('backup.damaged', `the table ${head.table} does not have the columns of its schema`);
}

async function takeRows(target: Target, parts: RestoreParts): Promise<void> {
  let head: TableHead | null = null;
  let waiting: Row[] = [];
  let waitingBytes = 0;
  let taken = 0;
  const put = async (): Promise<void> => {
    if (head === null) return;
    await putRows(target.db, target.kind, { name: head.table, columns: head.columns }, waiting);
    taken += waiting.length;
    waiting = [];
    waitingBytes = 0;
  };
  const ended = async (): Promise<void> => {
    await put();
    if (head !== null) parts.progress(head.table, taken);
  };
  for await (const part of partsOf(parts.file)) {
    if (part.kind === 'table') {
      await ended();
      head = part.table;
      taken = 0;
      demandFits(target, head);
    } else {
      if (part.row.length !== head?.columns.length)
        throw new Fault('backup.damaged', 'a row has too few or many values');
      waiting.push(part.row);
      waitingBytes += bytesOf(part.row);
      if (waiting.length * part.row.length >= valuesMax || waitingBytes >= batchBytes) await put();
    }
  }
  await ended();
}

/** What the steps of the schema put into an empty database comes from the backup instead. */
async function empty({ db, tables }: Target): Promise<void> {
  for (const table of tables.toReversed()) await sql`delete from ${sql.table(table.name)}`.execute(db);
}

/**
 * Faults of `checkBackup`; `auth.refused` for another owner key; `backup.not-empty`. The database appears in its place only
 * when everything has gone well.
 */
export async function restoreBackup(parts: RestoreParts): Promise<Restored> {
  const { header, end } = await checkBackup(parts.file, parts.sealer);
  if (header.ownerKey !== parts.owner.publicKey)
    throw new Fault('auth.refused', 'this is not the owner key of the console in the backup');
  const { place } = parts;
  return place.fill(async (db) => {
    await migrate(db, place.kind, header.migrations);
    const target = { db, kind: place.kind, tables: await wholeTables(db, place.kind) };
    await empty(target);
    await takeRows(target, parts);
    for (const table of target.tables) await countOn(db, place.kind, table);
    await migrate(db, place.kind);
    return { header, rows: end.rows, ...(await settle({ ...parts, db: db as unknown as Db })) };
  });
}
