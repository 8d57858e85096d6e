/** What alerts are made of, read in slices: the rows that may be one, without opening what surely is none. */
import { sql, type SqlBool } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import type { ProtectionKind } from '#protocol/state.ts';
import { within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';

export interface WatchedDevice {
  readonly device_id: string;
  readonly organisation_id: string;
  readonly hostname: string;
  readonly last_seen_at: number;
  readonly duplicate: number;
  /** JSON of its state as lists show it; null: has never reported. */
  readonly list_state: string | null;
}

/** Last device id of the next slice; null: fewer than `limit` are left. */
export async function sliceEnd(db: Db, scope: Scope, after: string, limit: number): Promise<string | null> {
  const row = await db
    .selectFrom('devices')
    .select('device_id')
    .where('device_id', '>', after)
    .where(within(scope, 'organisation_id'))
    .orderBy('device_id')
    .offset(limit - 1)
    .limit(1)
    .executeTakeFirst();
  return row?.device_id ?? null;
}

export interface DeviceRange {
  readonly after: string;
  /** null: to the end. */
  readonly upTo: string | null;
}

/** Devices in one of the states, silent since a time, or with an identity that two machines use. */
export async function watchedDevices(
  db: Db,
  scope: Scope,
  range: DeviceRange,
  which: { readonly kinds: readonly ProtectionKind[]; readonly silentBeforeMs: number },
): Promise<WatchedDevice[]> {
  const suspect = sql<SqlBool>`(devices.state_kind in (${sql.join(which.kinds)})
    or devices.last_seen_at < ${which.silentBeforeMs} or devices.duplicate = 1)`;
  let query = db
    .selectFrom('devices')
    .leftJoin('device_reports', 'device_reports.device_id', 'devices.device_id')
    .select(['devices.device_id', 'devices.organisation_id', 'hostname', 'last_seen_at', 'duplicate', 'list_state'])
    .where('devices.revoked_at', 'is', null)
    .where('devices.retired_at', 'is', null)
    .where('devices.device_id', '>', range.after)
    .where(suspect)
    .where(within(scope, 'devices.organisation_id'));
  if (range.upTo !== null) query = query.where('devices.device_id', '<=', range.upTo);
  return query.execute();
}

export interface VanishedAgent {
  readonly device_id: string;
  readonly organisation_id: string;
  readonly hostname: string;
  readonly gone_since: number | null;
}

/** Devices whose only records at SentinelOne are not listed any more, and nobody has decided about that. */
export async function vanishedAgents(db: Db, scope: Scope, range: DeviceRange): Promise<VanishedAgent[]> {
  const onlyThese = sql<SqlBool>`not exists (select 1 from vendor_agents other
    where other.device_id = devices.device_id and other.gone != 'vanished')`;
  let query = db
    .selectFrom('vendor_agents')
    .innerJoin('devices', 'devices.device_id', 'vendor_agents.device_id')
    .select((row) => [
      'devices.device_id',
      'devices.organisation_id',
      'devices.hostname',
      row.fn.max('gone_since').as('gone_since'),
    ])
    .where('gone', '=', 'vanished')
    .where('put_back_at', 'is', null)
    .where('devices.revoked_at', 'is', null)
    .where('devices.device_id', '>', range.after)
    .where(onlyThese)
    .where(within(scope, 'devices.organisation_id'))
    .groupBy(['devices.device_id', 'devices.organisation_id', 'devices.hostname']);
  if (range.upTo !== null) query = query.where('devices.device_id', '<=', range.upTo);
  return query.execute();
}

/** How many devices left, or were removed, since a time. */
export async function leftSince(db: Db, scope: Scope, sinceMs: number): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('devices')
    .select((row) => ['organisation_id', row.fn.countAll<number>().as('devices')])
    .where('revoked_at', '>=', sinceMs)
    .where(within(scope, 'organisation_id'))
    .groupBy('organisation_id')
    .execute();
  return new Map(rows.map((row) => [row.organisation_id, Number(row.devices)]));
}
