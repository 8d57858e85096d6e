/** Who a device is and where it belongs: what operators decide about it. */
import { sql, type Updateable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import type { DeviceRecord } from '#console/store/devices/devices.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db, Store } from '#console/store/store.ts';
import type { DeviceTable } from '#console/store/schema/tables.ts';

/** Ends the sessions of the device (G24) and marks the change for the memory of every console process. False: it is gone. */
export async function changeIdentity(
  db: Db,
  scope: Scope,
  deviceId: string,
  change: Updateable<DeviceTable> & { readonly identity_changed_at: number },
): Promise<boolean> {
  const result = await db
    .updateTable('devices')
    .set((row) => ({ ...change, generation: row('generation', '+', 1) }))
    .where('device_id', '=', deviceId)
    .where('revoked_at', 'is', null)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Devices that were decided about at or after a time, with that time. */
export async function identityChangedSince(db: Db, scope: Scope, sinceMs: number): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('devices')
    .select(['device_id', 'identity_changed_at'])
    .where('identity_changed_at', '>=', sinceMs)
    .where(within(scope, 'organisation_id'))
    .execute();
  return new Map(rows.map((row) => [row.device_id, row.identity_changed_at ?? 0]));
}

export type DeviceToDecide = DeviceRecord & { organisation_name: string; key_label: string | null };

/** Devices that wait for a decision, longest waiting first. */
export async function devicesToDecide(db: Db, scope: Scope, limit: number): Promise<DeviceToDecide[]> {
  return db
    .selectFrom('devices')
    .innerJoin('organisations', 'organisations.organisation_id', 'devices.organisation_id')
    .leftJoin('enrolment_keys', 'enrolment_keys.key_id', 'devices.enrolment_key_id')
    .selectAll('devices')
    .select(['organisations.name as organisation_name', 'enrolment_keys.label as key_label'])
    .where('devices.revoked_at', 'is', null)
    .where('devices.retired_at', 'is', null)
    .where(sql<boolean>`(devices.pending = 1 or devices.duplicate = 1 or devices.replaces_device_id is not null)`)
    .where(within(scope, 'devices.organisation_id'))
    .orderBy('devices.enrolled_at')
    .orderBy('devices.device_id')
    .limit(limit)
    .execute();
}

export async function retiredDevices(
  db: Db,
  scope: Scope,
  limit: number,
): Promise<(DeviceRecord & { organisation_name: string })[]> {
  return db
    .selectFrom('devices')
    .innerJoin('organisations', 'organisations.organisation_id', 'devices.organisation_id')
    .selectAll('devices')
    .select('organisations.name as organisation_name')
    .where('devices.revoked_at', 'is', null)
    .where('devices.retired_at', 'is not', null)
    .where(within(scope, 'devices.organisation_id'))
    .orderBy('devices.retired_at', 'desc')
    .orderBy('devices.device_id')
    .limit(limit)
    .execute();
}

/** Every table whose rows go along with a device; a test holds this list and the next against the schema. */
export const tablesOfDevice = [
  'device_reports',
  'journals',
  'events',
  'gaps',
  'commands',
  'assignments',
  'install_slots',
  'exceptions',
  'diagnostics',
] as const;

/** What a device was part of in the organisation it leaves: it counts there. */
export const tablesLeftBehind = ['agent_updates'] as const;

/**
 * Takes a device with its history to another organisation. What was decided for it under the old one stays behind: open
 * commands, its assignment, its exceptions. Its slot must have ended before.
 */
export async function moveDevice(
  db: Db,
  store: Pick<Store, 'kind'>,
  scope: Scope,
  move: { readonly deviceId: string; readonly from: string; readonly to: string; readonly nowMs: number },
): Promise<boolean> {
  const { deviceId, from, to, nowMs } = move;
  demand(scope, from);
  demand(scope, to);
  const later = store.kind === 'sqlite' ? 'pragma defer_foreign_keys = on' : 'set constraints all deferred';
  await sql.raw(later).execute(db);
  for (const table of ['assignments', 'exceptions', 'install_slots'] as const)
    await db.deleteFrom(table).where('device_id', '=', deviceId).execute();
  // An update that was ordered there and has not ended is void with its command; no rollout waits for it.
  await db.deleteFrom('agent_updates').where('device_id', '=', deviceId).where('state', '=', 'ordered').execute();
  await db
    .updateTable('commands')
    .set({ expires_at: nowMs })
    .where('device_id', '=', deviceId)
    .where('executed_at', 'is', null)
    .where('expires_at', '>', nowMs)
    .execute();
  for (const table of tablesOfDevice)
    await db.updateTable(table).set({ organisation_id: to }).where('device_id', '=', deviceId).execute();
  // SentinelOne's record joins a device within its organisation only; the next reading looks again.
  await db.updateTable('vendor_agents').set({ device_id: null }).where('device_id', '=', deviceId).execute();
  const moved = { organisation_id: to, replaces_device_id: null, identity_changed_at: nowMs };
  const result = await db
    .updateTable('devices')
    .set((row) => ({ ...moved, generation: row('generation', '+', 1) }))
    .where('device_id', '=', deviceId)
    .where('organisation_id', '=', from)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
