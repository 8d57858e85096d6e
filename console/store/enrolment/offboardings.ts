/** Organisations that leave: a standing order for each of their devices, given when it calls. */
import { sql, type Kysely, type Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import type { OffboardingTable } from '#console/store/schema/enrolment-tables.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';

export async function offboardingsMigration(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `create table offboardings (
      offboarding_id text not null, organisation_id text not null, state text not null, remove_service bigint not null,
      per_hour_max bigint not null, devices bigint not null, started_at bigint not null, started_by text not null,
      ended_at bigint, ended_by text, primary key (offboarding_id),
      foreign key (organisation_id) references organisations (organisation_id)
    )`,
    // One at a time, whichever process begins it.
    `create unique index offboardings_running on offboardings (organisation_id) where state = 'running'`,
    `create table leave_orders (
      offboarding_id text not null, device_id text not null, ordered_at bigint not null,
      primary key (offboarding_id, device_id),
      foreign key (offboarding_id) references offboardings (offboarding_id),
      foreign key (device_id) references devices (device_id)
    )`,
    'create index leave_orders_by_time on leave_orders (offboarding_id, ordered_at)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}

export type OffboardingRow = Selectable<OffboardingTable>;

export async function addOffboarding(db: Db, scope: Scope, row: OffboardingRow): Promise<void> {
  demand(scope, row.organisation_id);
  await db.insertInto('offboardings').values(row).execute();
}

export async function runningOffboarding(db: Db, scope: Scope, organisationId: string): Promise<OffboardingRow | null> {
  const row = await db
    .selectFrom('offboardings')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('state', '=', 'running')
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

/** Running ones, and the last 50 that have ended. */
export async function listOffboardings(
  db: Db,
  scope: Scope,
): Promise<(OffboardingRow & { organisation_name: string })[]> {
  return db
    .selectFrom('offboardings')
    .innerJoin('organisations', 'organisations.organisation_id', 'offboardings.organisation_id')
    .selectAll('offboardings')
    .select('organisations.name as organisation_name')
    .where(within(scope, 'offboardings.organisation_id'))
    .orderBy(sql`case when offboardings.state = 'running' then 0 else 1 end`)
    .orderBy('offboardings.started_at', 'desc')
    .limit(50)
    .execute();
}

export async function runningOffboardings(db: Db, scope: Scope): Promise<OffboardingRow[]> {
  return db
    .selectFrom('offboardings')
    .selectAll()
    .where('state', '=', 'running')
    .where(within(scope, 'organisation_id'))
    .execute();
}

/** False: it has ended already. */
export async function endOffboarding(
  db: Db,
  scope: Scope,
  offboardingId: string,
  end: { readonly state: 'done' | 'cancelled'; readonly atMs: number; readonly by: string },
): Promise<boolean> {
  const result = await db
    .updateTable('offboardings')
    .set({ state: end.state, ended_at: end.atMs, ended_by: end.by })
    .where('offboarding_id', '=', offboardingId)
    .where('state', '=', 'running')
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Takes one of this hour's orders for a device; false: the hour has none left, or it was ended. The row of the offboarding is
 * touched first, so that two processes count one after the other.
 */
export async function takeOrder(
  db: Db,
  offboarding: OffboardingRow,
  deviceId: string,
  nowMs: number,
): Promise<boolean> {
  const { offboarding_id: offboardingId } = offboarding;
  const held = await db
    .updateTable('offboardings')
    .set({ state: 'running' })
    .where('offboarding_id', '=', offboardingId)
    .where('state', '=', 'running')
    .executeTakeFirst();
  if (held.numUpdatedRows !== 1n) return false;
  const row = await db
    .selectFrom('leave_orders')
    .select((select) => select.fn.countAll<number>().as('given'))
    .where('offboarding_id', '=', offboardingId)
    .where('ordered_at', '>', nowMs - 3_600_000)
    .executeTakeFirst();
  if (Number(row?.given ?? 0) >= offboarding.per_hour_max) return false;
  await db
    .insertInto('leave_orders')
    .values({ offboarding_id: offboardingId, device_id: deviceId, ordered_at: nowMs })
    .onConflict((conflict) => conflict.columns(['offboarding_id', 'device_id']).doUpdateSet({ ordered_at: nowMs }))
    .execute();
  return true;
}

/** Devices that still belong to an organisation; retired ones apart, which are gone. */
export async function devicesLeft(
  db: Db,
  scope: Scope,
  organisationId: string,
  silentBeforeMs: number,
): Promise<{ readonly devices: number; readonly silent: number }> {
  const row = await db
    .selectFrom('devices')
    .select((select) => [
      select.fn.countAll<number>().as('devices'),
      sql<number>`sum(case when last_seen_at < ${silentBeforeMs} then 1 else 0 end)`.as('silent'),
    ])
    .where('organisation_id', '=', organisationId)
    .where('revoked_at', 'is', null)
    .where('retired_at', 'is', null)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return { devices: Number(row?.devices ?? 0), silent: Number(row?.silent ?? 0) };
}

/** Removed or left since, but not because their organisation leaves. */
export async function removedByHandSince(db: Db, sinceMs: number): Promise<number> {
  const row = await db
    .selectFrom('devices')
    .leftJoin('leave_orders', 'leave_orders.device_id', 'devices.device_id')
    .select((select) => select.fn.countAll<number>().as('devices'))
    .where('devices.revoked_at', '>', sinceMs)
    .where('leave_orders.device_id', 'is', null)
    .executeTakeFirst();
  return Number(row?.devices ?? 0);
}
