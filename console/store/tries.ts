/** What may be tried so often in a while, whichever process is asked: one row for each that was tried lately. */
import { sql, type Kysely } from 'kysely';
import type { Db } from '#console/store/store.ts';

export interface TriesTables {
  tries: {
    name: string;
    count: number;
    /** From then on it counts from nothing again. */
    ends_at: number;
  };
}

export async function triesMigration(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw('create table tries (name text not null, count bigint not null, ends_at bigint not null, primary key (name))')
    .execute(db);
  await sql.raw('create index tries_by_end on tries (ends_at)').execute(db);
  // JSON: when downloads of packages began lately, in ms, ascending.
  await sql.raw('alter table connections add column download_starts text').execute(db);
}

export interface Tried {
  readonly name: string;
  readonly amount: number;
  readonly max: number;
  readonly nowMs: number;
  readonly windowMs: number;
}

/** Counts and answers when the window ends; null, and nothing counted, when it would be more than `max`. One statement. */
export async function takeTries(db: Db, { name, amount, max, nowMs, windowMs }: Tried): Promise<number | null> {
  if (amount > max) return null;
  const over = sql<boolean>`tries.ends_at <= ${nowMs}`;
  const row = await db
    .insertInto('tries')
    .values({ name, count: amount, ends_at: nowMs + windowMs })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({
          count: sql<number>`case when ${over} then ${sql.lit(amount)} else tries.count + ${sql.lit(amount)} end`,
          ends_at: sql<number>`case when ${over} then ${sql.lit(nowMs + windowMs)} else tries.ends_at end`,
        })
        .where(sql<boolean>`(${over} or tries.count + ${sql.lit(amount)} <= ${sql.lit(max)})`),
    )
    .returning('ends_at')
    .executeTakeFirst();
  return row?.ends_at ?? null;
}

/** What was counted in the window that goes on; null: none does. */
export async function readTries(
  db: Db,
  name: string,
  nowMs: number,
): Promise<{ readonly count: number; readonly endsAt: number } | null> {
  const row = await db
    .selectFrom('tries')
    .select(['count', 'ends_at'])
    .where('name', '=', name)
    .where('ends_at', '>', nowMs)
    .executeTakeFirst();
  return row === undefined ? null : { count: row.count, endsAt: row.ends_at };
}

export async function giveTryBack(db: Db, name: string): Promise<void> {
  await db
    .updateTable('tries')
    .set((row) => ({ count: row('count', '-', 1) }))
    .where('name', '=', name)
    .where('count', '>', 0)
    .execute();
}

export async function forgetTries(db: Db, names: readonly string[]): Promise<void> {
  await db.deleteFrom('tries').where('name', 'in', names).execute();
}

/** Answers how many went. */
export async function removeEndedTries(db: Db, nowMs: number, limit: number): Promise<number> {
  const ended = db.selectFrom('tries').select('name').where('ends_at', '<=', nowMs).limit(limit);
  const removed = await db
    .deleteFrom('tries')
    .where('name', 'in', ended)
    .where('ends_at', '<=', nowMs)
    .executeTakeFirst();
  return Number(removed.numDeletedRows);
}
