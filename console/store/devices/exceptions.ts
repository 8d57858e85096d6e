import type { Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { ExceptionTable } from '#console/store/schema/tables.ts';

export type ExceptionRow = Selectable<ExceptionTable>;

export async function addException(db: Db, scope: Scope, row: ExceptionRow): Promise<void> {
  demand(scope, row.organisation_id);
  await db.insertInto('exceptions').values(row).execute();
}

export async function findException(db: Db, scope: Scope, exceptionId: string): Promise<ExceptionRow | null> {
  const row = await db
    .selectFrom('exceptions')
    .selectAll()
    .where('exception_id', '=', exceptionId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

/** In force for a device: its own and its organisation's. */
export async function exceptionsFor(
  db: Db,
  scope: Scope,
  device: { readonly deviceId: string; readonly organisationId: string },
  nowMs: number,
): Promise<ExceptionRow[]> {
  demand(scope, device.organisationId);
  return db
    .selectFrom('exceptions')
    .selectAll()
    .where('organisation_id', '=', device.organisationId)
    .where((row) => row.or([row('device_id', 'is', null), row('device_id', '=', device.deviceId)]))
    .where('expires_at', '>', nowMs)
    .orderBy('created_at', 'desc')
    .limit(100)
    .execute();
}

const listedMax = 1_000;

/** In force now, with whom they concern; what ends soonest first. */
export async function listExceptions(db: Db, scope: Scope, nowMs: number) {
  return db
    .selectFrom('exceptions')
    .innerJoin('organisations', 'organisations.organisation_id', 'exceptions.organisation_id')
    .leftJoin('devices', 'devices.device_id', 'exceptions.device_id')
    .selectAll('exceptions')
    .select(['organisations.name as organisation_name', 'devices.hostname as hostname'])
    .where('expires_at', '>', nowMs)
    .where(within(scope, 'exceptions.organisation_id'))
    .orderBy('expires_at')
    .orderBy('exception_id')
    .limit(listedMax)
    .execute();
}

export async function removeException(db: Db, scope: Scope, exceptionId: string): Promise<void> {
  await db
    .deleteFrom('exceptions')
    .where('exception_id', '=', exceptionId)
    .where(within(scope, 'organisation_id'))
    .execute();
}

/** How many are in force for these devices alone. */
export async function exceptionsOfDevices(
  db: Db,
  scope: Scope,
  deviceIds: readonly string[],
  nowMs: number,
): Promise<number> {
  if (deviceIds.length === 0) return 0;
  const row = await db
    .selectFrom('exceptions')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('device_id', 'in', [...deviceIds])
    .where('expires_at', '>', nowMs)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

/** In force anywhere in an organisation. */
export async function exceptionsOf(
  db: Db,
  scope: Scope,
  organisationId: string,
  nowMs: number,
): Promise<ExceptionRow[]> {
  demand(scope, organisationId);
  return db
    .selectFrom('exceptions')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('subject_kind', '=', 'product')
    .where('expires_at', '>', nowMs)
    .limit(10_000)
    .execute();
}
