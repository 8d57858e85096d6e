/** Recovery codes of operators, as HMACs. */
import type { Db } from '#console/store/store.ts';

export async function replaceRecoveryCodes(db: Db, operatorId: string, macs: readonly string[]): Promise<void> {
  await db.deleteFrom('recovery_codes').where('operator_id', '=', operatorId).execute();
  if (macs.length === 0) return;
  const rows = macs.map((mac) => ({ operator_id: operatorId, code_mac: mac, used_at: null }));
  await db.insertInto('recovery_codes').values(rows).execute();
}

/** One conditional update, so that a code lets in once, however many ask at the same time. */
export async function useRecoveryCode(db: Db, operatorId: string, mac: string, nowMs: number): Promise<boolean> {
  const result = await db
    .updateTable('recovery_codes')
    .set({ used_at: nowMs })
    .where('operator_id', '=', operatorId)
    .where('code_mac', '=', mac)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function recoveryCodesLeft(db: Db, operatorId: string): Promise<number> {
  const row = await db
    .selectFrom('recovery_codes')
    .select((count) => count.fn.countAll<number>().as('left'))
    .where('operator_id', '=', operatorId)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return Number(row?.left ?? 0);
}
