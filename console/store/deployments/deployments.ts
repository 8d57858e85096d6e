/** How far an organisation's deployment is. The counters change in the transaction that changes a slot, and only there. */
import { sql, type Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { DeploymentTable } from '#console/store/schema/deployment-tables.ts';
import type { Db } from '#console/store/store.ts';

export type DeploymentRow = Selectable<DeploymentTable>;

export async function findDeployment(db: Db, scope: Scope, organisationId: string): Promise<DeploymentRow | null> {
  const row = await db
    .selectFrom('deployments')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

export async function listDeployments(db: Db, scope: Scope): Promise<DeploymentRow[]> {
  return db.selectFrom('deployments').selectAll().where(within(scope, 'organisation_id')).execute();
}

/** Running, and not at their limit: there may be a slot to give. */
export async function openDeployments(db: Db, scope: Scope): Promise<DeploymentRow[]> {
  return db
    .selectFrom('deployments')
    .selectAll()
    .where('state', '=', 'running')
    .where(sql<boolean>`under_way < at_once_max`)
    .where(within(scope, 'organisation_id'))
    .execute();
}

export async function writeDeployment(db: Db, scope: Scope, row: DeploymentRow): Promise<void> {
  demand(scope, row.organisation_id);
  const { organisation_id: _, ...rest } = row;
  await db
    .insertInto('deployments')
    .values(row)
    .onConflict((conflict) => conflict.column('organisation_id').doUpdateSet(rest))
    .execute();
}

/** Nothing starts any more; what is under way ends. */
export async function stopDeployment(db: Db, scope: Scope, organisationId: string): Promise<void> {
  demand(scope, organisationId);
  await db
    .updateTable('deployments')
    .set({ state: 'stopped' })
    .where('organisation_id', '=', organisationId)
    .where('state', '!=', 'stopped')
    .execute();
}

export interface Claim {
  readonly organisationId: string;
  readonly deploymentId: string;
  /** Counts as a new start; a device whose install failed before was counted then. */
  readonly first: boolean;
  /** An operator asked for this very device: neither slots nor limit nor a halt hold it back. */
  readonly outOfTurn: boolean;
}

/** Takes one of the slots, if there is one: the row itself decides, whoever else asks at the same time. */
export async function claimSlot(db: Db, scope: Scope, claim: Claim): Promise<boolean> {
  let query = db
    .updateTable('deployments')
    .set((row) => ({
      under_way: row('under_way', '+', 1),
      started: row('started', '+', claim.first ? 1 : 0),
    }))
    .where('organisation_id', '=', claim.organisationId)
    .where('deployment_id', '=', claim.deploymentId)
    .where(within(scope, 'organisation_id'));
  if (!claim.outOfTurn) {
    query = query.where('state', '=', 'running').where(sql<boolean>`under_way < at_once_max`);
    if (claim.first) query = query.where(sql<boolean>`(starts_max is null or started < starts_max)`);
  }
  const result = await query.executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export type Count = 'under_way' | 'started' | 'done' | 'failed';

/** By how much each counter moves. Answers the row as it is now. */
export async function countSlots(
  db: Db,
  scope: Scope,
  key: { readonly organisationId: string; readonly deploymentId: string },
  change: Readonly<Partial<Record<Count, number>>>,
): Promise<DeploymentRow | null> {
  const row = await db
    .updateTable('deployments')
    .set((old) => ({
      under_way: old('under_way', '+', change.under_way ?? 0),
      started: old('started', '+', change.started ?? 0),
      done: old('done', '+', change.done ?? 0),
      failed: old('failed', '+', change.failed ?? 0),
    }))
    .where('organisation_id', '=', key.organisationId)
    .where('deployment_id', '=', key.deploymentId)
    .where(within(scope, 'organisation_id'))
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** False when more has failed than was looked at, or when it was stopped. */
export async function resumeDeployment(
  db: Db,
  scope: Scope,
  organisationId: string,
  seen: { readonly failed: number; readonly startsMax: number | null },
): Promise<boolean> {
  const result = await db
    .updateTable('deployments')
    .set((row) => ({
      state: 'running',
      starts_max: seen.startsMax,
      done_before: row.ref('done'),
      failed_before: row.ref('failed'),
      halted_at: null,
      halt_cause: null,
    }))
    .where('organisation_id', '=', organisationId)
    .where('state', '!=', 'stopped')
    .where('failed', '=', seen.failed)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** True for the one who halted it. */
export async function haltDeployment(
  db: Db,
  scope: Scope,
  organisationId: string,
  halt: { readonly atMs: number; readonly cause: string },
): Promise<boolean> {
  const result = await db
    .updateTable('deployments')
    .set({ state: 'halted', halted_at: halt.atMs, halt_cause: halt.cause })
    .where('organisation_id', '=', organisationId)
    .where('state', '=', 'running')
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
