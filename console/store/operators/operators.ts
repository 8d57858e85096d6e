/** People who sign in. Asked before anybody is known, so these take no scope. */
import type { Selectable } from 'kysely';
import { removeSessionsOf } from '#console/store/operators/operator-sessions.ts';
import type { Db } from '#console/store/store.ts';
import type { OperatorSessionTable, OperatorTable } from '#console/store/schema/operator-tables.ts';

export type OperatorRow = Selectable<OperatorTable>;
export type OperatorSessionRow = Selectable<OperatorSessionTable>;

/** Who may sign in under that name; null also for one that is disabled or removed. */
export async function findOperatorByName(db: Db, name: string): Promise<OperatorRow | null> {
  const row = await findNamedOperator(db, name);
  return row?.disabled_at === null ? row : null;
}

/** Also one that is disabled. */
export async function findNamedOperator(db: Db, name: string): Promise<OperatorRow | null> {
  const row = await db
    .selectFrom('operators')
    .selectAll()
    .where('name_folded', '=', name.trim().toLowerCase())
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** null also for one that is disabled or removed. */
export async function findOperator(db: Db, operatorId: string): Promise<OperatorRow | null> {
  const row = await db
    .selectFrom('operators')
    .selectAll()
    .where('operator_id', '=', operatorId)
    .where('disabled_at', 'is', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

export async function hasOperators(db: Db): Promise<boolean> {
  return (await db.selectFrom('operators').select('operator_id').limit(1).executeTakeFirst()) !== undefined;
}

export async function addOperator(db: Db, row: OperatorRow): Promise<void> {
  await db.insertInto('operators').values(row).execute();
}

export async function changeOperator(db: Db, operatorId: string, change: Partial<OperatorRow>): Promise<void> {
  await db.updateTable('operators').set(change).where('operator_id', '=', operatorId).execute();
}

/** Ends open sessions. */
export async function setPassword(db: Db, operatorId: string, passwordHash: string): Promise<void> {
  await changeOperator(db, operatorId, { password_hash: passwordHash });
  await removeSessionsOf(db, operatorId);
}

/** Sealed secret, null: none. Open sessions end. */
export async function setSecondFactor(db: Db, operatorId: string, totpSealed: string | null): Promise<void> {
  await changeOperator(db, operatorId, { totp_sealed: totpSealed, totp_step: 0 });
  await removeSessionsOf(db, operatorId);
}

/** False when that step, or a later one, was used before. */
export async function useTotpStep(db: Db, operatorId: string, step: number): Promise<boolean> {
  const result = await db
    .updateTable('operators')
    .set({ totp_step: step })
    .where('operator_id', '=', operatorId)
    .where('totp_step', '<', step)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function noteSignIn(db: Db, operatorId: string, nowMs: number): Promise<void> {
  await changeOperator(db, operatorId, { signed_in_at: nowMs });
}
