/** Approvals of the owner key: signed elsewhere, kept and handed out here. */
import type { Db } from '#console/store/store.ts';
import type { ApprovalTable } from '#console/store/schema/tables.ts';

/** The newest approval of a thing replaces the one before. */
export async function writeApproval(db: Db, row: ApprovalTable): Promise<void> {
  const { subject: _subject, sha256: _sha256, ...changed } = row;
  await db
    .insertInto('approvals')
    .values(row)
    .onConflict((conflict) => conflict.columns(['subject', 'sha256']).doUpdateSet(changed))
    .execute();
}

/** Envelopes for these digests, always in the same order. */
export async function approvalsOf(db: Db, digests: readonly string[]): Promise<string[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('approvals')
    .select('envelope')
    .where('sha256', 'in', [...digests])
    .orderBy('subject')
    .orderBy('sha256')
    .execute();
  return rows.map((row) => row.envelope);
}
