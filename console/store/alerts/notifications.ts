/** Targets and the outbox. They belong to the whole console; only administrators of everything come here (G16). */
import { sql, type Insertable, type Selectable, type Updateable } from 'kysely';
import type { NotificationTargetTable, OutboxTable } from '#console/store/schema/notification-tables.ts';
import type { Db } from '#console/store/store.ts';

export type TargetRow = Selectable<NotificationTargetTable>;
export type OutboxRow = Selectable<OutboxTable>;

export async function listTargets(db: Db): Promise<TargetRow[]> {
  return db.selectFrom('notification_targets').selectAll().orderBy('created_at').limit(200).execute();
}

export async function findTarget(db: Db, targetId: string): Promise<TargetRow | null> {
  const row = await db
    .selectFrom('notification_targets')
    .selectAll()
    .where('target_id', '=', targetId)
    .executeTakeFirst();
  return row ?? null;
}

export async function addTarget(db: Db, row: TargetRow): Promise<void> {
  await db.insertInto('notification_targets').values(row).execute();
}

export async function changeTarget(
  db: Db,
  targetId: string,
  change: Updateable<NotificationTargetTable>,
): Promise<void> {
  await db.updateTable('notification_targets').set(change).where('target_id', '=', targetId).execute();
}

export async function removeTarget(db: Db, targetId: string): Promise<void> {
  await db.deleteFrom('notification_targets').where('target_id', '=', targetId).execute();
}

/** True for the one process that may send now: nobody else does, and the time for the next try has come. */
export async function claimTarget(
  db: Db,
  claim: { readonly targetId: string; readonly by: string },
  times: { readonly nowMs: number; readonly untilMs: number },
): Promise<boolean> {
  const result = await db
    .updateTable('notification_targets')
    .set({ busy_by: claim.by, busy_until: times.untilMs })
    .where('target_id', '=', claim.targetId)
    .where('paused_at', 'is', null)
    .where(sql<boolean>`(busy_until is null or busy_until <= ${times.nowMs})`)
    .where(sql<boolean>`(next_at is null or next_at <= ${times.nowMs})`)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Changes a target while this process has it; false: another one took it meanwhile. */
export async function changeClaimed(
  db: Db,
  claim: { readonly targetId: string; readonly by: string },
  change: Updateable<NotificationTargetTable>,
): Promise<boolean> {
  const result = await db
    .updateTable('notification_targets')
    .set(change)
    .where('target_id', '=', claim.targetId)
    .where('busy_by', '=', claim.by)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function queue(db: Db, rows: readonly Insertable<OutboxTable>[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 200)
    await db
      .insertInto('outbox')
      .values(rows.slice(from, from + 200))
      .execute();
}

/** The oldest that were not sent yet. */
export async function waitingFor(db: Db, targetId: string, limit: number): Promise<OutboxRow[]> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('target_id', '=', targetId)
    .where('done_at', 'is', null)
    .orderBy('outbox_id')
    .limit(limit)
    .execute();
}

export async function countWaiting(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('outbox')
    .select((row) => ['target_id', row.fn.countAll<number>().as('rows')])
    .where('done_at', 'is', null)
    .groupBy('target_id')
    .execute();
  return new Map(rows.map((row) => [row.target_id, Number(row.rows)]));
}

export async function settle(db: Db, ids: readonly number[], change: Updateable<OutboxTable>): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('outbox')
    .set(change)
    .where('outbox_id', 'in', [...ids])
    .where('done_at', 'is', null)
    .execute();
}

/** Ends what waits for a target beyond the newest `keep`, or for longer than since `beforeMs`. Answers how many. */
export async function endWaiting(
  db: Db,
  targetId: string,
  which: { readonly keep: number } | { readonly beforeMs: number },
  change: Updateable<OutboxTable>,
): Promise<number> {
  let query = db.updateTable('outbox').set(change).where('target_id', '=', targetId).where('done_at', 'is', null);
  if ('beforeMs' in which) query = query.where('created_at', '<=', which.beforeMs);
  else {
    query = query.where(
      sql<boolean>`outbox_id <= (select outbox_id from outbox newer where newer.target_id = ${targetId}
        and newer.done_at is null order by newer.outbox_id desc limit 1 offset ${which.keep})`,
    );
  }
  return Number((await query.executeTakeFirst()).numUpdatedRows);
}

/** The last ones of a target, newest first. */
export async function lastDeliveries(db: Db, targetId: string, limit: number): Promise<OutboxRow[]> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('target_id', '=', targetId)
    .orderBy('outbox_id', 'desc')
    .limit(limit)
    .execute();
}

/** Organisations mapped to each connection. */
export async function organisationsOfConnections(db: Db): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db.selectFrom('mappings').select(['connection_id', 'organisation_id']).execute();
  const grouped = Map.groupBy(rows, (row) => row.connection_id);
  return new Map([...grouped].map(([id, mine]) => [id, mine.map((row) => row.organisation_id)]));
}
