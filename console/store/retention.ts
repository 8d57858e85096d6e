/** Removes what is old, at most so many rows a call, so that it never holds the writer for long. */
import type { Db } from '#console/store/store.ts';

export async function removeOldCommands(db: Db, beforeMs: number, limit: number): Promise<number> {
  // A position is never below the clock of its making, so its index finds the old ones; devices remember until it expires.
  const rows = await db
    .selectFrom('commands')
    .select('command_id')
    .where('position', '<', beforeMs)
    .where('requested_at', '<', beforeMs)
    .where('expires_at', '<', beforeMs)
    .orderBy('position')
    .limit(limit)
    .execute();
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.command_id);
  await db.deleteFrom('commands').where('command_id', 'in', ids).execute();
  return ids.length;
}

export async function removeEndedAlerts(db: Db, beforeMs: number, limit: number): Promise<number> {
  const rows = await db
    .selectFrom('alerts')
    .select('alert_id')
    .where('closed_at', '<', beforeMs)
    .limit(limit)
    .execute();
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.alert_id);
  await db.deleteFrom('alerts').where('alert_id', 'in', ids).execute();
  return ids.length;
}

export async function removeOldDeliveries(db: Db, beforeMs: number, limit: number): Promise<number> {
  const rows = await db.selectFrom('outbox').select('outbox_id').where('done_at', '<', beforeMs).limit(limit).execute();
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.outbox_id);
  await db.deleteFrom('outbox').where('outbox_id', 'in', ids).execute();
  return ids.length;
}
