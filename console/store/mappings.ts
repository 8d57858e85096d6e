import type { Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { MappingTable } from '#console/store/tables.ts';

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

export async function removeMapping(db: Db, scope: Scope, organisationId: string): Promise<void> {
  demand(scope, organisationId);
  await db.deleteFrom('mappings').where('organisation_id', '=', organisationId).execute();
}
