import type { Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { AssignmentTable } from '#console/store/schema/tables.ts';

export type AssignmentRow = Selectable<AssignmentTable>;

export async function findAssignment(db: Db, scope: Scope, deviceId: string): Promise<AssignmentRow | null> {
  const row = await db
    .selectFrom('assignments')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

/**
 * From here to the end of the transaction nobody else marks or writes it: what is made of a slot that another process
 * changes meanwhile would take that process's mark away.
 */
export async function holdAssignment(db: Db, scope: Scope, deviceId: string): Promise<void> {
  await db
    .updateTable('assignments')
    .set((row) => ({ policy_version: row.ref('policy_version') }))
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .execute();
}

export async function writeAssignment(db: Db, scope: Scope, row: AssignmentRow): Promise<void> {
  demand(scope, row.organisation_id);
  const { device_id: _, ...rest } = row;
  await db
    .insertInto('assignments')
    .values(row)
    .onConflict((conflict) => conflict.column('device_id').doUpdateSet(rest))
    .execute();
}
