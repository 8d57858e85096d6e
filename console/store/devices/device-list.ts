/** Lists of devices: keyset pages, filters on columns, no document is opened. */
import { sql, type Expression } from 'kysely';
import type { DeviceSort } from '#console/api/devices.ts';
import type { Scope } from '#console/auth/scope.ts';
import { deviceConditions, isNarrow, isRare, type DeviceFilter } from '#console/store/devices/device-filter.ts';
import { within } from '#console/store/scoped.ts';
import type { DeviceRecord } from '#console/store/devices/devices.ts';
import type { Db } from '#console/store/store.ts';

export interface DevicePage {
  readonly sort: DeviceSort;
  readonly limit: number;
  /** Where the page before ended: value of the sort column and device id; or how many devices stand before. */
  readonly after: readonly [value: string | number, deviceId: string] | number | null;
}

export type ListedDevice = DeviceRecord & { organisation_name: string; list_state: string | null };

const sortColumns: Readonly<Record<DeviceSort, string>> = {
  name: 'devices.hostname_folded',
  state: 'devices.state_rank',
  'last-seen': 'devices.last_seen_at',
};

/** Rows that are sooner walked over than a hundred thousand are sorted. */
const walkMax = 5_000;

/** Value of a row in the sort column, for the cursor. */
export function sortValue(row: DeviceRecord, sort: DeviceSort): string | number {
  if (sort === 'name') return row.hostname_folded;
  return sort === 'state' ? row.state_rank : row.last_seen_at;
}

/**
 * The column to sort by. Where few devices may match, an index in that order would be walked to its end and every row of it
 * opened; hidden in an expression, the column is sorted from the one index that holds all filters.
 */
function sortedBy(filter: DeviceFilter, { sort, after }: DevicePage): Expression<string | number> {
  const column = sql.raw<string | number>(sortColumns[sort]);
  const whole = !isNarrow(filter) && (sort === 'name' || filter.organisationId === undefined);
  // The time of the last contact is in no other index; most devices are worth the walk, a few are looked up sooner.
  const near = typeof after !== 'number' || after < walkMax;
  const walks = sort === 'last-seen' ? !isRare(filter) : whole && near;
  return walks ? column : sql`coalesce(${column}, ${column})`;
}

/** Ids of one page, found in the index alone. */
function pageIds(db: Db, scope: Scope, filter: DeviceFilter, page: DevicePage) {
  const by = sortedBy(filter, page);
  let ids = db
    .selectFrom('devices')
    .select('devices.device_id')
    .orderBy(by)
    .orderBy('devices.device_id')
    .limit(page.limit)
    .where((where) => where.and(deviceConditions(scope, filter)));
  if (typeof page.after === 'number') ids = ids.offset(page.after);
  else if (page.after !== null) {
    const [value, deviceId] = page.after;
    ids = ids.where(sql<boolean>`(${by}, devices.device_id) > (${value}, ${deviceId})`);
  }
  return ids;
}

export async function listDevices(
  db: Db,
  scope: Scope,
  filter: DeviceFilter,
  page: DevicePage,
): Promise<ListedDevice[]> {
  return db
    .selectFrom('devices')
    .innerJoin('organisations', 'organisations.organisation_id', 'devices.organisation_id')
    .leftJoin('device_reports', 'device_reports.device_id', 'devices.device_id')
    .selectAll('devices')
    .select(['organisations.name as organisation_name', 'device_reports.list_state as list_state'])
    .where('devices.device_id', 'in', pageIds(db, scope, filter, page))
    .orderBy(sql.raw<string | number>(sortColumns[page.sort]))
    .orderBy('devices.device_id')
    .execute();
}

/** Devices of a filter in slices, in order of device id. */
export async function deviceSlice(
  db: Db,
  scope: Scope,
  filter: DeviceFilter,
  from: { readonly after: string; readonly limit: number },
): Promise<DeviceRecord[]> {
  return db
    .selectFrom('devices')
    .selectAll()
    .where('device_id', '>', from.after)
    .where((where) => where.and(deviceConditions(scope, filter)))
    .orderBy('device_id')
    .limit(from.limit)
    .execute();
}

/** Reports of an organisation in slices, in order of device id. */
export async function reportSlice(
  db: Db,
  scope: Scope,
  organisationId: string,
  from: { readonly afterDeviceId: string; readonly limit: number },
): Promise<{ device_id: string; last_seen_at: number; report: string | null }[]> {
  return db
    .selectFrom('devices')
    .leftJoin('device_reports', 'device_reports.device_id', 'devices.device_id')
    .select(['devices.device_id', 'devices.last_seen_at', 'device_reports.report'])
    .where('devices.organisation_id', '=', organisationId)
    .where('devices.revoked_at', 'is', null)
    .where('devices.retired_at', 'is', null)
    .where('devices.device_id', '>', from.afterDeviceId)
    .where(within(scope, 'devices.organisation_id'))
    .orderBy('devices.device_id')
    .limit(from.limit)
    .execute();
}
