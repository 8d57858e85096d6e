/** Texts of install scripts by their SHA-256. They hold no secret: address, public pins, digests. */
import type { Selectable } from 'kysely';
import type { Db } from '#console/store/store.ts';
import type { InstallScriptTable } from '#console/store/schema/enrolment-tables.ts';

export async function addInstallScript(db: Db, row: Selectable<InstallScriptTable>): Promise<void> {
  await db
    .insertInto('install_scripts')
    .values(row)
    .onConflict((conflict) => conflict.column('sha256').doNothing())
    .execute();
}

export async function findInstallScript(db: Db, sha256: string): Promise<string | null> {
  const row = await db.selectFrom('install_scripts').select('text').where('sha256', '=', sha256).executeTakeFirst();
  return row?.text ?? null;
}
