import type { Insertable, Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { EnrolmentKeyTable } from '#console/store/schema/tables.ts';

export type EnrolmentKeyRow = Selectable<EnrolmentKeyTable>;

export async function addEnrolmentKey(db: Db, scope: Scope, row: Insertable<EnrolmentKeyTable>): Promise<void> {
  demand(scope, row.organisation_id);
  await db.insertInto('enrolment_keys').values(row).execute();
}

export async function listEnrolmentKeys(
  db: Db,
  scope: Scope,
  organisationId: string | null,
): Promise<(EnrolmentKeyRow & { organisation_name: string })[]> {
  let query = db
    .selectFrom('enrolment_keys')
    .innerJoin('organisations', 'organisations.organisation_id', 'enrolment_keys.organisation_id')
    .selectAll('enrolment_keys')
    .select('organisations.name as organisation_name')
    .where(within(scope, 'enrolment_keys.organisation_id'))
    .orderBy('enrolment_keys.created_at', 'desc')
    .orderBy('enrolment_keys.key_id')
    .limit(5000);
  if (organisationId !== null) query = query.where('enrolment_keys.organisation_id', '=', organisationId);
  return query.execute();
}

export async function findEnrolmentKey(db: Db, scope: Scope, keyId: string): Promise<EnrolmentKeyRow | null> {
  const row = await db
    .selectFrom('enrolment_keys')
    .selectAll()
    .where('key_id', '=', keyId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

/** Takes one use if the key is still good; false when it is not. One statement, so that two devices cannot share the last use. */
export async function useEnrolmentKey(db: Db, scope: Scope, keyId: string, nowMs: number): Promise<boolean> {
  const result = await db
    .updateTable('enrolment_keys')
    .set((row) => ({ uses: row('uses', '+', 1) }))
    .where('key_id', '=', keyId)
    .where(within(scope, 'organisation_id'))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', nowMs)
    .where((row) => row.or([row('uses_max', 'is', null), row('uses', '<', row.ref('uses_max'))]))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** All that an organisation has. */
export async function revokeKeysOf(db: Db, scope: Scope, organisationId: string, nowMs: number): Promise<void> {
  await db
    .updateTable('enrolment_keys')
    .set({ revoked_at: nowMs })
    .where('organisation_id', '=', organisationId)
    .where('revoked_at', 'is', null)
    .where(within(scope, 'organisation_id'))
    .execute();
}

export async function revokeEnrolmentKey(db: Db, scope: Scope, keyId: string, nowMs: number): Promise<void> {
  await db
    .updateTable('enrolment_keys')
    .set({ revoked_at: nowMs })
    .where('key_id', '=', keyId)
    .where('revoked_at', 'is', null)
    .where(within(scope, 'organisation_id'))
    .execute();
}
