import type { Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { MappingTable } from '#console/store/schema/tables.ts';

export type MappingRow = Selectable<MappingTable>;

export async function listMappings(db: Db, scope: Scope): Promise<MappingRow[]> {
  return db.selectFrom('mappings').selectAll().where(within(scope, 'organisation_id')).execute();
}

export async function findMapping(db: Db, scope: Scope, organisationId: string): Promise<MappingRow | null> {
  const row = await db
    .selectFrom('mappings')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

export async function writeMapping(db: Db, scope: Scope, row: MappingRow): Promise<void> {
  demand(scope, row.organisation_id);
  const { organisation_id: _, ...rest } = row;
  await db
    .insertInto('mappings')
    .values(row)
    .onConflict((conflict) => conflict.column('organisation_id').doUpdateSet(rest))
    .execute();
}

/** Another key of the very site and group that were looked at; false: somebody chose otherwise meanwhile. */
export async function changeSiteKey(db: Db, scope: Scope, seen: MappingRow, siteKeySha256: string): Promise<boolean> {
  const { organisation_id, connection_id, site_id, group_id, site_key_sha256 } = seen;
  const result = await db
    .updateTable('mappings')
    .set({ site_key_sha256: siteKeySha256 })
    .where(within(scope, 'organisation_id'))
    .where((where) => where.and({ organisation_id, connection_id, site_id, site_key_sha256 }))
    .where('group_id', group_id === null ? 'is' : '=', group_id)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function removeMapping(db: Db, scope: Scope, organisationId: string): Promise<void> {
  demand(scope, organisationId);
  await db.deleteFrom('mappings').where('organisation_id', '=', organisationId).execute();
}
