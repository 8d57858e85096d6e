/** Which devices may start an install now, and how it ended for those that had a slot. */
import { sql, type Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { InstallSlotTable } from '#console/store/schema/deployment-tables.ts';
import type { Db } from '#console/store/store.ts';

export type SlotRow = Selectable<InstallSlotTable>;
export type SlotState = 'open' | 'done' | 'failed' | 'released';

export async function findSlot(db: Db, scope: Scope, deviceId: string): Promise<SlotRow | null> {
  const row = await db
    .selectFrom('install_slots')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

/** False when the device has an open slot already: somebody else gave it one at the same time. */
export async function openSlot(db: Db, scope: Scope, row: SlotRow): Promise<boolean> {
  demand(scope, row.organisation_id);
  const { device_id: _, ...rest } = row;
  const result = await db
    .insertInto('install_slots')
    .values(row)
    .onConflict((conflict) => conflict.column('device_id').doUpdateSet(rest).where('install_slots.state', '!=', 'open'))
    .returning('device_id')
    .executeTakeFirst();
  return result !== undefined;
}

/**
 * True for the one whose change it was: counters move with it. A slot that looked unused keeps its state when a site token
 * went out with it meanwhile: its install is under way.
 */
export async function moveSlot(
  db: Db,
  scope: Scope,
  slot: Pick<SlotRow, 'device_id' | 'state' | 'given_at' | 'token_at'>,
  to: { readonly state: SlotState; readonly nowMs: number; readonly cause: string | null },
): Promise<boolean> {
  let query = db
    .updateTable('install_slots')
    .set({ state: to.state, changed_at: to.nowMs, cause: to.cause })
    .where('device_id', '=', slot.device_id)
    .where('state', '=', slot.state)
    .where('given_at', '=', slot.given_at)
    .where(within(scope, 'organisation_id'));
  if (slot.token_at === null && to.state !== 'done') query = query.where('token_at', 'is', null);
  const result = await query.executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Marks that a site token goes out with an open slot of a deployment that was not paused meanwhile, through a connection
 * where installing was not stopped. False: it must not. Decided on the rows, so that nothing starts after "pause" or "stop"
 * was answered, whichever process was asked.
 */
export async function useSlot(db: Db, scope: Scope, deviceId: string, nowMs: number): Promise<boolean> {
  const result = await db
    .updateTable('install_slots')
    .set({ token_at: nowMs, changed_at: nowMs })
    .where('device_id', '=', deviceId)
    .where('state', '=', 'open')
    .where(within(scope, 'organisation_id'))
    .where((where) =>
      where.exists(
        where
          .selectFrom('deployments')
          .innerJoin('organisations', 'organisations.organisation_id', 'deployments.organisation_id')
          .select('deployments.organisation_id')
          .whereRef('deployments.organisation_id', '=', 'install_slots.organisation_id')
          .whereRef('deployments.deployment_id', '=', 'install_slots.deployment_id')
          .where('deployments.state', '!=', 'stopped')
          .where('organisations.mode', '=', 'deploy'),
      ),
    )
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('mappings')
            .innerJoin('connections', 'connections.connection_id', 'mappings.connection_id')
            .select('mappings.organisation_id')
            .whereRef('mappings.organisation_id', '=', 'install_slots.organisation_id')
            .where('connections.stopped_at', 'is not', null),
        ),
      ),
    )
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Open slots of an organisation; `unused`: only those without a site token, from which nothing can have started. */
export async function openSlots(db: Db, scope: Scope, organisationId: string, unused: boolean): Promise<SlotRow[]> {
  let query = db
    .selectFrom('install_slots')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('state', '=', 'open')
    .where(within(scope, 'organisation_id'));
  if (unused) query = query.where('token_at', 'is', null);
  return query.execute();
}

/** Installs that are under way belong to the new deployment from now on; answers how many. */
export async function carryOpenSlots(
  db: Db,
  scope: Scope,
  organisationId: string,
  deploymentId: string,
): Promise<number> {
  const result = await db
    .updateTable('install_slots')
    .set({ deployment_id: deploymentId })
    .where('organisation_id', '=', organisationId)
    .where('state', '=', 'open')
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Open for longer than anybody needs, at most 500. */
export async function overdueSlots(
  db: Db,
  scope: Scope,
  before: { readonly unusedMs: number; readonly silentMs: number; readonly endlessMs: number },
): Promise<SlotRow[]> {
  return db
    .selectFrom('install_slots')
    .innerJoin('devices', 'devices.device_id', 'install_slots.device_id')
    .selectAll('install_slots')
    .where('install_slots.state', '=', 'open')
    .where(
      sql<boolean>`((install_slots.token_at is null and install_slots.given_at < ${before.unusedMs})
        or devices.revoked_at is not null
        or install_slots.token_at < ${before.endlessMs}
        or (install_slots.token_at < ${before.silentMs} and devices.last_seen_at < ${before.silentMs}))`,
    )
    .where(within(scope, 'install_slots.organisation_id'))
    .limit(500)
    .execute();
}

/** Of all rows, for the proof that the counters say the same. */
export async function slotCounts(
  db: Db,
  scope: Scope,
  deploymentId: string,
): Promise<Readonly<Record<string, number>>> {
  const rows = await db
    .selectFrom('install_slots')
    .select((row) => ['state', row.fn.countAll<number>().as('slots')])
    .where('deployment_id', '=', deploymentId)
    .where(within(scope, 'organisation_id'))
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map((row) => [row.state, Number(row.slots)]));
}

/** The stored assignment of these devices is not what they should have any more; the next look makes a new one. */
export async function outdateAssignments(db: Db, scope: Scope, deviceIds: readonly string[]): Promise<void> {
  if (deviceIds.length === 0) return;
  await db
    .updateTable('assignments')
    .set({ policy_version: 0 })
    .where('device_id', 'in', [...deviceIds])
    .where(within(scope, 'organisation_id'))
    .execute();
}

/** Devices whose slot changed since a time and whose assignment does not say so yet, for the sweep. */
export async function outdatedSince(db: Db, scope: Scope, sinceMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('install_slots')
    .innerJoin('assignments', 'assignments.device_id', 'install_slots.device_id')
    .select('install_slots.device_id')
    .where('install_slots.changed_at', '>=', sinceMs)
    .where('assignments.policy_version', '=', 0)
    .where(within(scope, 'install_slots.organisation_id'))
    .execute();
  return rows.map((row) => row.device_id);
}
