/** One device at a time. Lists and counters stand in `device-list.ts`. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { DeviceReportTable, DeviceTable } from '#console/store/schema/tables.ts';

export type DeviceRecord = Selectable<DeviceTable>;
export type DeviceReportRow = Selectable<DeviceReportTable>;

/** Until the end of the transaction nobody else decides about this device by what he has read of it before. */
export async function holdDevice(db: Db, scope: Scope, deviceId: string): Promise<void> {
  await db
    .updateTable('devices')
    .set((row) => ({ generation: row.ref('generation') }))
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .execute();
}

export async function findDevice(db: Db, scope: Scope, deviceId: string): Promise<DeviceRecord | null> {
  const row = await db
    .selectFrom('devices')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

export async function findDeviceByKey(db: Db, scope: Scope, signingKey: string): Promise<DeviceRecord | null> {
  const row = await db
    .selectFrom('devices')
    .selectAll()
    .where('signing_key', '=', signingKey)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

/** The device that enrolled last on this hardware. */
export async function findDeviceByFingerprint(db: Db, scope: Scope, fingerprint: string): Promise<DeviceRecord | null> {
  const row = await db
    .selectFrom('devices')
    .selectAll()
    .where('fingerprint', '=', fingerprint)
    .where('revoked_at', 'is', null)
    .where(within(scope, 'organisation_id'))
    .orderBy('enrolled_at', 'desc')
    .executeTakeFirst();
  return row ?? null;
}

export async function addDevice(db: Db, scope: Scope, row: Insertable<DeviceTable>): Promise<void> {
  demand(scope, row.organisation_id);
  await db.insertInto('devices').values(row).execute();
}

/** Writes only what differs: SQLite rewrites the index entries of every column that is named, changed or not. */
export async function changeDevice(
  db: Db,
  scope: Scope,
  before: DeviceRecord,
  after: Updateable<DeviceTable>,
): Promise<void> {
  demand(scope, before.organisation_id);
  const was: Readonly<Record<string, unknown>> = { ...before };
  const changed = Object.entries(after).filter(([name, value]) => was[name] !== value);
  if (changed.length === 0) return;
  await db.updateTable('devices').set(Object.fromEntries(changed)).where('device_id', '=', before.device_id).execute();
}

/** Held tokens and open requests of older generations end with this. */
export async function revokeDevice(db: Db, scope: Scope, deviceId: string, nowMs: number): Promise<boolean> {
  const result = await db
    .updateTable('devices')
    .set((row) => ({ revoked_at: nowMs, generation: row('generation', '+', 1) }))
    .where('device_id', '=', deviceId)
    .where('revoked_at', 'is', null)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Revoked at or after a time, for the memory of other console processes. */
export async function revokedSince(db: Db, scope: Scope, sinceMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('devices')
    .select('device_id')
    .where('revoked_at', '>=', sinceMs)
    .where(within(scope, 'organisation_id'))
    .execute();
  return rows.map((row) => row.device_id);
}

export async function flushLastSeen(db: Db, scope: Scope, seen: ReadonlyMap<string, number>): Promise<void> {
  for (const [deviceId, seenMs] of seen) {
    await db
      .updateTable('devices')
      .set({ last_seen_at: seenMs })
      .where('device_id', '=', deviceId)
      .where('last_seen_at', '<', seenMs)
      .where(within(scope, 'organisation_id'))
      .execute();
  }
}

export async function readReport(db: Db, scope: Scope, deviceId: string): Promise<DeviceReportRow | null> {
  const row = await db
    .selectFrom('device_reports')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

export async function readReportDigest(db: Db, scope: Scope, deviceId: string): Promise<string | null> {
  const row = await db
    .selectFrom('device_reports')
    .select('digest')
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row?.digest ?? null;
}

export async function writeReport(db: Db, scope: Scope, row: DeviceReportRow): Promise<void> {
  demand(scope, row.organisation_id);
  const { digest, report, list_state, reported_at } = row;
  await db
    .insertInto('device_reports')
    .values(row)
    .onConflict((conflict) => conflict.column('device_id').doUpdateSet({ digest, report, list_state, reported_at }))
    .execute();
}
