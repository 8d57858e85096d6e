import type { Insertable, Selectable } from 'kysely';
import type { RebootPolicy, VersionPolicy } from '#protocol/assignment.ts';
import type { DeploymentMode } from '#protocol/words.ts';
import type { Scope } from '#console/auth/scope.ts';
import { lockAudit } from '#console/store/audit/audit.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { OrganisationTable } from '#console/store/schema/tables.ts';

export type OrganisationRow = Selectable<OrganisationTable>;

export async function listOrganisations(db: Db, scope: Scope): Promise<OrganisationRow[]> {
  return db
    .selectFrom('organisations')
    .selectAll()
    .where(within(scope, 'organisation_id'))
    .orderBy('name_folded')
    .limit(5000)
    .execute();
}

export async function findOrganisation(db: Db, scope: Scope, organisationId: string): Promise<OrganisationRow | null> {
  const row = await db
    .selectFrom('organisations')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

/** Taken first by whoever makes or renames one: the second waits here, and not half-way with a name that the first wants. */
export const lockNames = lockAudit;

/** Until the end of the transaction nobody else decides about this organisation by what he has read of it before. */
export async function holdOrganisation(db: Db, scope: Scope, organisationId: string): Promise<void> {
  await db
    .updateTable('organisations')
    .set((row) => ({ name: row.ref('name') }))
    .where('organisation_id', '=', organisationId)
    .where(within(scope, 'organisation_id'))
    .execute();
}

export async function addOrganisation(db: Db, scope: Scope, row: Insertable<OrganisationTable>): Promise<void> {
  demand(scope, row.organisation_id);
  await db.insertInto('organisations').values(row).execute();
}

export async function renameOrganisation(db: Db, scope: Scope, organisationId: string, name: string): Promise<void> {
  demand(scope, organisationId);
  await db
    .updateTable('organisations')
    .set({ name, name_folded: name.toLowerCase() })
    .where('organisation_id', '=', organisationId)
    .execute();
}

export async function outsideIds(db: Db, scope: Scope): Promise<ReadonlyMap<string, string>> {
  const rows = await db.selectFrom('outside_ids').selectAll().where(within(scope, 'organisation_id')).execute();
  return new Map(rows.map((row) => [row.outside_id, row.organisation_id]));
}

export async function nameOutside(db: Db, scope: Scope, organisationId: string, outsideId: string): Promise<void> {
  demand(scope, organisationId);
  await db.insertInto('outside_ids').values({ organisation_id: organisationId, outside_id: outsideId }).execute();
}

/** Mode of an organisation; its devices get new assignments. */
export async function setMode(db: Db, scope: Scope, organisationId: string, mode: DeploymentMode): Promise<void> {
  demand(scope, organisationId);
  await db
    .updateTable('organisations')
    .set((row) => ({ mode, policy_version: row('policy_version', '+', 1) }))
    .where('organisation_id', '=', organisationId)
    .execute();
}

/** Whether and when the agent may restart devices of an organisation; they get new assignments. */
export async function setRestarts(db: Db, scope: Scope, organisationId: string, restarts: RebootPolicy): Promise<void> {
  demand(scope, organisationId);
  const hours = restarts.kind === 'window' ? restarts : { startMinute: null, endMinute: null };
  await db
    .updateTable('organisations')
    .set((row) => ({
      restart_start_minute: hours.startMinute,
      restart_end_minute: hours.endMinute,
      policy_version: row('policy_version', '+', 1),
    }))
    .where('organisation_id', '=', organisationId)
    .execute();
}

/** The version that devices of an organisation get; null: what holds everywhere. They get new assignments. */
export async function setVersionPolicy(
  db: Db,
  scope: Scope,
  organisationId: string,
  policy: VersionPolicy | null,
): Promise<void> {
  demand(scope, organisationId);
  await db
    .updateTable('organisations')
    .set((row) => ({
      version_policy: policy === null ? null : JSON.stringify(policy),
      policy_version: row('policy_version', '+', 1),
    }))
    .where('organisation_id', '=', organisationId)
    .execute();
}

/** The different ones, and how many organisations of the scope have each. */
export async function ownVersionPolicies(
  db: Db,
  scope: Scope,
): Promise<{ version_policy: string; organisations: number }[]> {
  const rows = await db
    .selectFrom('organisations')
    .select((row) => ['version_policy', row.fn.countAll<number>().as('organisations')])
    .where('version_policy', 'is not', null)
    .where(within(scope, 'organisation_id'))
    .groupBy('version_policy')
    .orderBy('version_policy')
    .execute();
  return rows.flatMap(({ version_policy, organisations }) =>
    version_policy === null ? [] : [{ version_policy, organisations: Number(organisations) }],
  );
}

/** Something changed that assignments are made of. null: for every organisation of the scope. */
export async function raisePolicyVersion(db: Db, scope: Scope, organisationId: string | null): Promise<void> {
  let query = db
    .updateTable('organisations')
    .set((row) => ({ policy_version: row('policy_version', '+', 1) }))
    .where(within(scope, 'organisation_id'));
  if (organisationId !== null) query = query.where('organisation_id', '=', organisationId);
  await query.execute();
}

export async function policyVersions(db: Db, scope: Scope): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('organisations')
    .select(['organisation_id', 'policy_version'])
    .where(within(scope, 'organisation_id'))
    .execute();
  return new Map(rows.map((row) => [row.organisation_id, row.policy_version]));
}
