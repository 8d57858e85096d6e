/** What happened on devices: stored once, in order, with the gaps named. */
import { sql, type Insertable, type Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { EventTable, GapTable, JournalTable } from '#console/store/schema/tables.ts';

export type EventRow = Selectable<EventTable>;
export type GapRow = Selectable<GapTable>;

/** null: a journal that was never seen. */
export async function readJournal(db: Db, scope: Scope, deviceId: string, journalId: string): Promise<number | null> {
  const row = await db
    .selectFrom('journals')
    .select('seq')
    .where('device_id', '=', deviceId)
    .where('journal_id', '=', journalId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row?.seq ?? null;
}

const higher = sql<number>`case when excluded.seq > journals.seq then excluded.seq else journals.seq end`;

/** Never back: two processes may take in the same journal at the same time. */
export async function writeJournal(db: Db, scope: Scope, row: Selectable<JournalTable>): Promise<void> {
  demand(scope, row.organisation_id);
  await db
    .insertInto('journals')
    .values(row)
    .onConflict((conflict) => conflict.columns(['device_id', 'journal_id']).doUpdateSet({ seq: higher }))
    .execute();
}

/** What is stored already stays as it was. */
export async function addEvents(db: Db, scope: Scope, rows: readonly Insertable<EventTable>[]): Promise<void> {
  for (const row of rows) demand(scope, row.organisation_id);
  if (rows.length === 0) return;
  await db
    .insertInto('events')
    .values([...rows])
    .onConflict((conflict) => conflict.columns(['device_id', 'journal_id', 'seq']).doNothing())
    .execute();
}

export async function addGap(db: Db, scope: Scope, row: GapRow): Promise<void> {
  demand(scope, row.organisation_id);
  await db
    .insertInto('gaps')
    .values(row)
    .onConflict((conflict) => conflict.columns(['device_id', 'journal_id', 'from_seq']).doNothing())
    .execute();
}

export async function listGaps(db: Db, scope: Scope, deviceId: string): Promise<GapRow[]> {
  return db
    .selectFrom('gaps')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .orderBy('recorded_at', 'desc')
    .limit(100)
    .execute();
}

/** Newest first by arrival; `before`: continue below this event id. */
export async function listEvents(
  db: Db,
  scope: Scope,
  deviceId: string,
  page: { readonly before: number | null; readonly limit: number; readonly kinds?: readonly string[] },
): Promise<EventRow[]> {
  let query = db
    .selectFrom('events')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .orderBy('event_id', 'desc')
    .limit(page.limit);
  if (page.before !== null) query = query.where('event_id', '<', page.before);
  if (page.kinds !== undefined) query = query.where('kind', 'in', [...page.kinds]);
  return query.execute();
}

/** At most `limit` rows a call, so that retention never holds the writer for long. */
export async function removeOldEvents(db: Db, scope: Scope, beforeMs: number, limit: number): Promise<number> {
  const rows = await db
    .selectFrom('events')
    .select('event_id')
    .where('received_at', '<', beforeMs)
    .where(within(scope, 'organisation_id'))
    .limit(limit)
    .execute();
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.event_id);
  await db.deleteFrom('events').where('event_id', 'in', ids).execute();
  return ids.length;
}
