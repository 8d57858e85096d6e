/** Who somebody is for the single sign-on provider: (issuer, subject), never a name or an address of e-mail. */
import type { Selectable } from 'kysely';
import type { OperatorIdentityTable } from '#console/store/schema/operator-tables.ts';
import type { OperatorRow } from '#console/store/operators/operators.ts';
import type { Db } from '#console/store/store.ts';

export type IdentityRow = Selectable<OperatorIdentityTable>;
export type Identity = Pick<IdentityRow, 'issuer' | 'subject'>;

export async function linkIdentity(db: Db, row: IdentityRow): Promise<void> {
  await db.insertInto('operator_identities').values(row).execute();
}

export async function unlinkIdentities(db: Db, operatorId: string): Promise<void> {
  await db.deleteFrom('operator_identities').where('operator_id', '=', operatorId).execute();
}

/** Also one that is disabled or has no role. */
export async function findByIdentity(db: Db, { issuer, subject }: Identity): Promise<OperatorRow | null> {
  const row = await db
    .selectFrom('operators')
    .innerJoin('operator_identities', 'operator_identities.operator_id', 'operators.operator_id')
    .selectAll('operators')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** As the provider calls the person today. */
export async function renameIdentity(db: Db, { issuer, subject }: Identity, name: string): Promise<void> {
  await db
    .updateTable('operator_identities')
    .set({ name })
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .where('name', '!=', name)
    .execute();
}

export async function isLinked(db: Db, operatorId: string): Promise<boolean> {
  const rows = db.selectFrom('operator_identities').select('subject').where('operator_id', '=', operatorId);
  return (await rows.executeTakeFirst()) !== undefined;
}

export async function signOnNameOf(db: Db, operatorId: string): Promise<string | null> {
  const row = await db
    .selectFrom('operator_identities')
    .select('name')
    .where('operator_id', '=', operatorId)
    .executeTakeFirst();
  return row?.name ?? null;
}

/** How many came by single sign-on and have no role. */
export async function countWaitingForRole(db: Db): Promise<number> {
  const row = await db
    .selectFrom('operators')
    .select((one) => one.fn.countAll<number>().as('how_many'))
    .where('role', '=', 'none')
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.how_many);
}

/** How many of this issuer have a role. */
export async function countLinked(db: Db, issuer: string): Promise<number> {
  const row = await db
    .selectFrom('operator_identities')
    .innerJoin('operators', 'operators.operator_id', 'operator_identities.operator_id')
    .select((one) => one.fn.countAll<number>().as('how_many'))
    .where('issuer', '=', issuer)
    .where('role', '!=', 'none')
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.how_many);
}
