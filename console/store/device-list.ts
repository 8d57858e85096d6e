/** Lists and counters of devices: keyset pages, filters on columns, no document is opened. */
import { sql, type Expression, type SqlBool } from 'kysely';
import type { DeviceSort } from '#console/api/devices.ts';
import type { ShownState } from '#console/api/shown-state.ts';
import type { Scope } from '#console/auth/scope.ts';
import { within } from '#console/store/scoped.ts';
import type { DeviceRecord } from '#console/store/devices.ts';
import type { Db } from '#console/store/store.ts';

export interface DeviceFilter {
  readonly organisationId?: string | undefined;
  readonly search?: string | undefined;
  readonly cause?: string | undefined;
  readonly os?: string | undefined;
  readonly state?: ShownState | undefined;
  /** Devices not seen since are shown as not reporting. */
  readonly overdueBeforeMs: number;
}

export interface DevicePage {
  readonly sort: DeviceSort;
  readonly limit: number;
  /** Where the page before ended: value of the sort column and device id. */
  readonly after: readonly [value: string | number, deviceId: string] | null;
}

export type ListedDevice = DeviceRecord & { organisation_name: string; list_state: string | null };

const sortColumns: Readonly<Record<DeviceSort, string>> = {
  name: 'devices.hostname_folded',
  state: 'devices.state_rank',
  'last-seen': 'devices.last_seen_at',
};

/** Value of a row in the sort column, for the cursor. */
export function sortValue(row: DeviceRecord, sort: DeviceSort): string | number {
  if (sort === 'name') return row.hostname_folded;
  return sort === 'state' ? row.state_rank : row.last_seen_at;
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
}

function conditions(scope: Scope, filter: DeviceFilter): Expression<SqlBool>[] {
  const all: Expression<SqlBool>[] = [
    within(scope, 'devices.organisation_id'),
    sql<SqlBool>`devices.revoked_at is null`,
  ];
  if (filter.organisationId !== undefined) all.push(sql<SqlBool>`devices.organisation_id = ${filter.organisationId}`);
  if (filter.os !== undefined) all.push(sql<SqlBool>`devices.os = ${filter.os}`);
  if (filter.cause !== undefined) all.push(sql<SqlBool>`devices.cause = ${filter.cause}`);
  if (filter.search !== undefined && filter.search !== '') {
    const pattern = `%${escapeLike(filter.search.toLowerCase())}%`;
    all.push(sql<SqlBool>`devices.hostname_folded like ${pattern} escape '\\'`);
  }
  return [...all, ...stateCondition(filter)];
}

function stateCondition({ state, overdueBeforeMs }: DeviceFilter): Expression<SqlBool>[] {
  if (state === undefined) return [];
  if (state === 'not-reporting') return [sql<SqlBool>`devices.last_seen_at < ${overdueBeforeMs}`];
  const reporting = sql<SqlBool>`devices.last_seen_at >= ${overdueBeforeMs}`;
  if (state === 'checking') {
    return [reporting, sql<SqlBool>`(devices.state_kind is null or devices.state_kind = ${state})`];
  }
  return [reporting, sql<SqlBool>`devices.state_kind = ${state}`];
}

export async function listDevices(
  db: Db,
  scope: Scope,
  filter: DeviceFilter,
  page: DevicePage,
): Promise<ListedDevice[]> {
  const column = sql.raw<string | number>(sortColumns[page.sort]);
  let query = db
    .selectFrom('devices')
    .innerJoin('organisations', 'organisations.organisation_id', 'devices.organisation_id')
    .leftJoin('device_reports', 'device_reports.device_id', 'devices.device_id')
    .selectAll('devices')
    .select(['organisations.name as organisation_name', 'device_reports.list_state as list_state'])
    .orderBy(column)
    .orderBy('devices.device_id')
    .limit(page.limit);
  for (const condition of conditions(scope, filter)) query = query.where(condition);
  if (page.after !== null) {
    const [value, deviceId] = page.after;
    query = query.where(sql<SqlBool>`(${column}, devices.device_id) > (${value}, ${deviceId})`);
  }
  return query.execute();
}

/** Devices of a filter in slices, in order of device id. */
export async function deviceSlice(
  db: Db,
  scope: Scope,
  filter: DeviceFilter,
  from: { readonly after: string; readonly limit: number },
): Promise<DeviceRecord[]> {
  let query = db
    .selectFrom('devices')
    .selectAll()
    .where('device_id', '>', from.after)
    .orderBy('device_id')
    .limit(from.limit);
  for (const condition of conditions(scope, filter)) query = query.where(condition);
  return query.execute();
}

export interface DeviceCount {
  readonly organisation_id: string;
  readonly state_kind: string | null;
  readonly overdue: number;
  readonly devices: number;
}

/** By organisation, last state, and whether they still report. */
export async function countDevices(db: Db, scope: Scope, filter: DeviceFilter): Promise<DeviceCount[]> {
  const overdue = sql<number>`case when devices.last_seen_at < ${sql.lit(filter.overdueBeforeMs)} then 1 else 0 end`;
  let query = db
    .selectFrom('devices')
    .select((row) => ['organisation_id', 'state_kind', overdue.as('overdue'), row.fn.countAll<number>().as('devices')])
    .groupBy(['organisation_id', 'state_kind', overdue]);
  for (const condition of conditions(scope, filter)) query = query.where(condition);
  const rows = await query.execute();
  return rows.map((row) => ({ ...row, overdue: Number(row.overdue), devices: Number(row.devices) }));
}

/** The most frequent causes of reporting devices that need attention. */
export async function countCauses(
  db: Db,
  scope: Scope,
  filter: DeviceFilter,
  limit: number,
): Promise<{ cause: string; state_kind: string; devices: number }[]> {
  let query = db
    .selectFrom('devices')
    .select((row) => ['cause', 'state_kind', row.fn.countAll<number>().as('devices')])
    .where('cause', 'is not', null)
    .where('state_kind', 'in', ['not-protecting', 'failed', 'blocked', 'retrying', 'degraded', 'waiting'])
    .where('last_seen_at', '>=', filter.overdueBeforeMs)
    .groupBy(['cause', 'state_kind'])
    .orderBy('devices', 'desc')
    .limit(limit);
  for (const condition of conditions(scope, filter)) query = query.where(condition);
  const rows = await query.execute();
  return rows.flatMap(({ cause, state_kind, devices }) =>
    cause === null || state_kind === null ? [] : [{ cause, state_kind, devices: Number(devices) }],
  );
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
    .where('devices.device_id', '>', from.afterDeviceId)
    .where(within(scope, 'devices.organisation_id'))
    .orderBy('devices.device_id')
    .limit(from.limit)
    .execute();
}
