/** How many devices are in which state: counted in one index, no row is opened. */
import type { Scope } from '#console/auth/scope.ts';
import { deviceConditions, type DeviceFilter } from '#console/store/devices/device-filter.ts';
import type { Db } from '#console/store/store.ts';

const needAttention = ['not-protecting', 'failed', 'blocked', 'retrying', 'degraded', 'waiting'];

export interface DeviceCount {
  readonly organisation_id: string;
  readonly state_kind: string | null;
  readonly reporting: number;
  readonly devices: number;
}

/** By organisation, last state, and whether they still report. */
export async function countDevices(db: Db, scope: Scope, filter: DeviceFilter): Promise<DeviceCount[]> {
  const rows = await db
    .selectFrom('devices')
    .select((row) => ['organisation_id', 'state_kind', 'reporting', row.fn.countAll<number>().as('devices')])
    .where((where) => where.and(deviceConditions(scope, filter)))
    .groupBy(['organisation_id', 'state_kind', 'reporting'])
    .execute();
  return rows.map((row) => ({ ...row, devices: Number(row.devices) }));
}

/** The most frequent causes of reporting devices that need attention. */
export async function countCauses(
  db: Db,
  scope: Scope,
  filter: DeviceFilter,
  limit: number,
): Promise<{ cause: string; state_kind: string; devices: number }[]> {
  const rows = await db
    .selectFrom('devices')
    .select((row) => ['cause', 'state_kind', row.fn.countAll<number>().as('devices')])
    .where('cause', 'is not', null)
    .where('state_kind', 'in', needAttention)
    .where('reporting', '=', 1)
    .where((where) => where.and(deviceConditions(scope, filter)))
    .groupBy(['cause', 'state_kind'])
    .orderBy('devices', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap(({ cause, state_kind, devices }) =>
    cause === null || state_kind === null ? [] : [{ cause, state_kind, devices: Number(devices) }],
  );
}

export interface FacetCount {
  /** null where the device needs no attention. */
  readonly cause: string | null;
  readonly agent_version: string;
  readonly product_version: string | null;
  readonly devices: number;
}

/** By everything that a list is narrowed by further. */
export async function countFacets(db: Db, scope: Scope, filter: DeviceFilter): Promise<FacetCount[]> {
  const by = ['agent_version', 'product_version'] as const;
  const rows = await db
    .selectFrom('devices')
    .select((row) => [
      ...by,
      row
        .case()
        .when(row.and([row('reporting', '=', 1), row('state_kind', 'in', needAttention)]))
        .then(row.ref('cause'))
        .else(null)
        .end()
        .as('shown_cause'),
      row.fn.countAll<number>().as('devices'),
    ])
    .where((where) => where.and(deviceConditions(scope, filter)))
    .groupBy([...by, 'shown_cause'])
    .execute();
  return rows.map(({ shown_cause, ...row }) => ({ ...row, cause: shown_cause, devices: Number(row.devices) }));
}

export interface CoverageCount {
  readonly organisation_id: string;
  readonly os: string;
  readonly state_kind: string | null;
  readonly cause: string | null;
  readonly reporting: number;
  readonly vendor_record: string;
  readonly devices: number;
}

/** By everything that coverage is told by. */
export async function countCoverage(db: Db, scope: Scope, filter: DeviceFilter): Promise<CoverageCount[]> {
  const by = ['organisation_id', 'state_kind', 'reporting', 'cause', 'os', 'vendor_record'] as const;
  const rows = await db
    .selectFrom('devices')
    .select((row) => [...by, row.fn.countAll<number>().as('devices')])
    .where((where) => where.and(deviceConditions(scope, filter)))
    .groupBy([...by])
    .execute();
  return rows.map((row) => ({ ...row, devices: Number(row.devices) }));
}

/** Devices of a filter that names since when they are silent. */
export async function countSilent(
  db: Db,
  scope: Scope,
  filter: DeviceFilter & { readonly silentBeforeMs: number },
): Promise<number> {
  const row = await db
    .selectFrom('devices')
    .select((select) => select.fn.countAll<number>().as('devices'))
    .where((where) => where.and(deviceConditions(scope, filter)))
    .executeTakeFirst();
  return Number(row?.devices ?? 0);
}
