/** Small facts of the whole installation. */
import type { Db } from '#console/store/store.ts';

/** What may be kept here. */
export type MetaName =
  | 'console-id'
  | 'epoch'
  | 'owner-key'
  | 'key-set'
  | 'signing-key'
  | 'sealing-key'
  | 'first-administrator'
  | 'tls-key'
  | 'tls-key-next'
  | 'tls-certificate'
  | 'version-policy'
  | 'alert-rules'
  | 'mail-server'
  | 'sign-on-provider'
  | 'retention'
  /** Its row is locked by whoever appends to the audit log: the chain has one end. */
  | 'audit-lock'
  /** Stands for the entries that retention removed. */
  | 'audit-checkpoint';

export async function readMeta(db: Db, name: MetaName): Promise<string | null> {
  const row = await db.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value ?? null;
}

export async function writeMeta(db: Db, name: MetaName, value: string): Promise<void> {
  await db
    .insertInto('meta')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

export async function removeMeta(db: Db, name: MetaName): Promise<void> {
  await db.deleteFrom('meta').where('name', '=', name).execute();
}

/** True for exactly one of those who come with the value that stands there, in whichever process. */
export async function takeMeta(db: Db, name: MetaName, value: string): Promise<boolean> {
  const taken = await db.deleteFrom('meta').where('name', '=', name).where('value', '=', value).executeTakeFirst();
  return taken.numDeletedRows === 1n;
}
