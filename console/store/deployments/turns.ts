/** Who stands in the queue of a deployment. */
import { sql, type Expression, type SqlBool } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { within } from '#console/store/scoped.ts';
import type { DeviceRecord } from '#console/store/devices/devices.ts';
import type { Db } from '#console/store/store.ts';

export interface Queue {
  readonly organisationId: string;
  /** Devices not seen since are not waited for. */
  readonly overdueBeforeMs: number;
  /** Of those that have not answered what they would do, only devices enrolled since are waited for. */
  readonly unansweredSinceMs: number;
}

/** One that was left bare says so first, and in its report what it waits for. */
const waits = sql<SqlBool>`((devices.state_kind = 'waiting' and devices.cause = 'turn')
  or (devices.state_kind = 'not-protecting' and devices.cause = 'bare-after-failed-upgrade' and exists (
    select 1 from device_reports where device_reports.device_id = devices.device_id
      and device_reports.list_state like '%"waitsFor":"turn"%')))`;

function reporting({ organisationId, overdueBeforeMs }: Queue): Expression<SqlBool> {
  return sql<SqlBool>`devices.organisation_id = ${organisationId} and devices.revoked_at is null and devices.retired_at is null
    and devices.duplicate = 0 and devices.last_seen_at >= ${overdueBeforeMs}`;
}

/** By organisation; devices with a slot wait no more, whatever they said last. */
export async function countWaiting(
  db: Db,
  scope: Scope,
  {
    organisationId,
    overdueBeforeMs,
  }: { readonly organisationId?: string | undefined; readonly overdueBeforeMs: number },
): Promise<ReadonlyMap<string, number>> {
  let query = db
    .selectFrom('devices')
    .leftJoin('install_slots', 'install_slots.device_id', 'devices.device_id')
    .select((select) => ['devices.organisation_id', select.fn.countAll<number>().as('devices')])
    .where(waits)
    .where(sql<SqlBool>`(install_slots.state is null or install_slots.state <> 'open')`)
    .where(sql<SqlBool>`devices.revoked_at is null and devices.retired_at is null and devices.duplicate = 0`)
    .where('devices.last_seen_at', '>=', overdueBeforeMs)
    .where(within(scope, 'devices.organisation_id'))
    .groupBy('devices.organisation_id');
  if (organisationId !== undefined) query = query.where('devices.organisation_id', '=', organisationId);
  const rows = await query.execute();
  return new Map(rows.map((row) => [row.organisation_id, Number(row.devices)]));
}

/**
 * The next ones: those whose last slot is longest ago come last, and ids are random, so that neighbours in a building or
 * in a list of names do not start together.
 */
export async function nextInQueue(
  db: Db,
  scope: Scope,
  queue: Queue,
  how: { readonly clientsOnly: boolean; readonly limit: number },
): Promise<DeviceRecord[]> {
  let query = db
    .selectFrom('devices')
    .leftJoin('install_slots', 'install_slots.device_id', 'devices.device_id')
    .selectAll('devices')
    .where(waits)
    .where(reporting(queue))
    .where(sql<SqlBool>`(install_slots.state is null or install_slots.state <> 'open')`)
    .where(within(scope, 'devices.organisation_id'))
    .orderBy(sql`coalesce(install_slots.changed_at, 0)`)
    .orderBy('devices.device_id')
    .limit(how.limit);
  if (how.clientsOnly) query = query.where('devices.kind', '=', 'client');
  return query.execute();
}

/** Whether a client stands before the servers: it waits, installs, or may still answer what it would do. */
export async function clientsRemain(db: Db, scope: Scope, queue: Queue): Promise<boolean> {
  const installing = await db
    .selectFrom('install_slots')
    .select('device_id')
    .where('organisation_id', '=', queue.organisationId)
    .where('state', '=', 'open')
    .where('kind', '=', 'client')
    .where(within(scope, 'organisation_id'))
    .limit(1)
    .executeTakeFirst();
  if (installing !== undefined) return true;
  const waiting = await db
    .selectFrom('devices')
    .select('device_id')
    .where('kind', '=', 'client')
    .where(
      sql<SqlBool>`(((devices.state_kind in ('paused', 'checking') or devices.state_kind is null)
        and devices.enrolled_at >= ${queue.unansweredSinceMs}) or ${waits})`,
    )
    .where(reporting(queue))
    .where(within(scope, 'organisation_id'))
    .limit(1)
    .executeTakeFirst();
  return waiting !== undefined;
}
