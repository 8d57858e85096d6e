/** What was done by whom, each entry chained to the one before with a key outside the database (G21). */
import type { Selectable } from 'kysely';
import { equal, hmac } from '#protocol/crypto.ts';
import type { Db } from '#console/store/store.ts';
import type { AuditTable } from '#console/store/tables.ts';

type AuditRow = Selectable<AuditTable>;

export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly organisationId: string | null;
  /** Never a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

function macOf(key: Uint8Array, previous: string, row: Omit<AuditRow, 'mac'>): string {
  const { number, at, actor, action, subject, organisation_id, detail } = row;
  return hmac(key, JSON.stringify([previous, number, at, actor, action, subject, organisation_id, detail])).toString(
    'hex',
  );
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

/** null when the chain holds; otherwise the number of the first entry that does not fit. */
export async function verifyAudit(db: Db, key: Uint8Array): Promise<number | null> {
  let previous = '';
  let expected = 1;
  for (;;) {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('number', '>=', expected)
      .orderBy('number')
      .limit(1000)
      .execute();
    for (const row of rows) {
      const holds = row.number === expected && equal(Buffer.from(row.mac), Buffer.from(macOf(key, previous, row)));
      if (!holds) return expected;
      previous = row.mac;
      expected += 1;
    }
    if (rows.length < 1000) return null;
  }
}
