/** What was done by whom, each entry chained to the one before with a key outside the database (G21). */
import { macOf } from '#console/store/audit/audit-mac.ts';
import type { Db } from '#console/store/store.ts';

export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly organisationId: string | null;
  /** Never a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Until the end of the transaction nobody else appends; whoever must see what others have done takes it first. */
export async function lockAudit(db: Db): Promise<void> {
  await db.updateTable('meta').set({ value: '' }).where('name', '=', 'audit-lock').execute();
}

export async function appendAudit(db: Db, key: Uint8Array, entry: AuditEntry): Promise<void> {
  await lockAudit(db);
  const last = await db
    .selectFrom('audit')
    .select(['number', 'mac'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  const row = {
    number: (last?.number ?? 0) + 1,
    at: entry.at,
    actor: entry.actor,
    action: entry.action,
    subject: entry.subject,
    organisation_id: entry.organisationId,
    detail: JSON.stringify(entry.detail),
  };
  await db
    .insertInto('audit')
    .values({ ...row, mac: macOf(key, last?.mac ?? '', row) })
    .execute();
}
