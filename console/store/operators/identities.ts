/** Who somebody is for the single sign-on provider: (issuer, subject), never a name or an address of e-mail. */
import type { Db } from '#console/store/store.ts';

export async function unlinkIdentities(db: Db, operatorId: string): Promise<void> {
  await db.deleteFrom('operator_identities').where('operator_id', '=', operatorId).execute();
}

export async function signOnNameOf(db: Db, operatorId: string): Promise<string | null> {
  const row = await db
    .selectFrom('operator_identities')
    .select('name')
    .where('operator_id', '=', operatorId)
    .executeTakeFirst();
  return row?.name ?? null;
}
