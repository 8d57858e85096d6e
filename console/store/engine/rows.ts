/** Whole tables, for backup and restore: which there are, in which order, and their rows. No scope: nobody asks for these. */
import { sql, type Kysely } from 'kysely';
import { Fault } from '#protocol/codes.ts';

export type Cell = string | number | null;

export interface WholeTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns that the database counts by itself. */
  readonly counted: readonly string[];
}

type Kind = 'sqlite' | 'postgres';
type Schema = Kysely<unknown>;

const batchRows = 500;
/** Of rows in memory at a time. One archive of diagnostics alone may weigh 14 MB. */
export const batchBytes = 16 * 1024 * 1024;

/** Rows that are read at a time when none is larger than `widest` bytes. */
export function rowsAtOnce(widest: number): number {
  return Math.max(1, Math.min(batchRows, Math.floor(batchBytes / Math.max(1, widest))));
}

/** Which table refers to which. */
async function references(db: Schema, kind: Kind): Promise<readonly { from: string; to: string }[]> {
  const query =
    kind === 'sqlite'
      ? sql<{ from: string; to: string }>`select m.name as "from", f."table" as "to"
          from sqlite_schema m, pragma_foreign_key_list(m.name) f where m.type = 'table'`
      : sql<{ from: string; to: string }>`select a.relname as "from", b.relname as "to" from pg_constraint c
          join pg_class a on a.oid = c.conrelid join pg_class b on b.oid = c.confrelid
          where c.contype = 'f' and c.connamespace = current_schema()::regnamespace`;
  return (await query.execute(db)).rows;
}

/** Referred-to tables first. */
export function inOrder(names: readonly string[], edges: readonly { from: string; to: string }[]): string[] {
  const done: string[] = [];
  const left = new Set(names.toSorted());
  while (left.size > 0) {
    const free = [...left].filter(
      (name) => !edges.some(({ from, to }) => from === name && to !== name && left.has(to)),
    );
    if (free.length === 0) throw new Fault('internal', `tables refer to each other: ${[...left].join(', ')}`);
    for (const name of free) left.delete(name);
    done.push(...free);
  }
  return done;
}

/** Every table of ours with its columns, those first that others refer to. */
export async function wholeTables(db: Schema, kind: Kind): Promise<WholeTable[]> {
  const found = (await db.introspection.getTables()).filter(
    (table) => !table.isView && !table.name.startsWith('sqlite_'),
  );
  const edges = await references(db, kind);
  return inOrder(
    found.map((table) => table.name),
    edges,
  ).flatMap((name) => {
    const columns = found.find((table) => table.name === name)?.columns ?? [];
    const counted = columns.filter((column) => column.isAutoIncrementing).map((column) => column.name);
    return { name, columns: columns.map((column) => column.name), counted };
  });
}

/** Steps of the schema that were taken; empty for a database without tables. */
export async function takenMigrations(db: Schema): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name);
}

function cellsOf(row: Readonly<Record<string, unknown>>, table: WholeTable): Cell[] {
  return table.columns.map((column) => {
    const value = row[column];
    if (value === null || typeof value === 'string' || typeof value === 'number') return value;
    throw new Fault('internal', `${table.name}.${column} holds a ${typeof value}, which no backup knows`);
  });
}

/** Bytes of the largest row of a PostgreSQL table as it travels. */
async function widestRow(db: Schema, table: WholeTable): Promise<number> {
  const sizes = table.columns.map((column) => sql`coalesce(octet_length(${sql.ref(column)}::text), 0)`);
  const query = sql<{
    widest: number;
  }>`select coalesce(max(${sql.join(sizes, sql` + `)}), 0) as widest from ${sql.table(table.name)}`;
  return Number((await query.execute(db)).rows[0]?.widest ?? 0);
}

/** All rows, as one transaction sees them; `db` must be in one. */
export async function* rowsOf(db: Schema, kind: Kind, table: WholeTable): AsyncGenerator<Cell[]> {
  const any = db as Kysely<Record<string, Record<string, unknown>>>;
  const all = any.selectFrom(table.name).select([...table.columns]);
  if (kind === 'sqlite') {
    for await (const row of all.stream(batchRows)) yield cellsOf(row, table);
    return;
  }
  const atOnce = rowsAtOnce(await widestRow(db, table));
  await sql`declare whole no scroll cursor for ${all}`.execute(db);
  for (;;) {
    const { rows } = await sql<Record<string, unknown>>`fetch ${sql.lit(atOnce)} from whole`.execute(db);
    for (const row of rows) yield cellsOf(row, table);
    if (rows.length < atOnce) break;
  }
  await sql`close whole`.execute(db);
}

/** Rows as they were, counted columns included. */
export async function putRows(
  db: Schema,
  kind: Kind,
  table: Pick<WholeTable, 'name' | 'columns'>,
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = sql.join(table.columns.map((column) => sql.ref(column)));
  const values = sql.join(rows.map((row) => sql`(${sql.join([...row])})`));
  const overriding = kind === 'postgres' ? sql`overriding system value` : sql``;
  await sql`insert into ${sql.table(table.name)} (${columns}) ${overriding} values ${values}`.execute(db);
}

/** What the database counts goes on after the highest number that was put. */
export async function countOn(db: Schema, kind: Kind, table: WholeTable): Promise<void> {
  if (kind === 'sqlite') return;
  for (const column of table.counted) {
    const highest = sql`(select max(${sql.ref(column)}) from ${sql.table(table.name)})`;
    await sql`select setval(pg_get_serial_sequence(${table.name}, ${column}), ${highest}) where ${highest} is not null`.execute(
      db,
    );
  }
}
