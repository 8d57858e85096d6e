/** People who sign in, and their sessions. Asked before anybody is known, so these take no scope. */
import type { Selectable } from 'kysely';
import type { Db } from '#console/store/store.ts';
import type { OperatorSessionTable, OperatorTable } from '#console/store/tables.ts';

export type OperatorRow = Selectable<OperatorTable>;
export type OperatorSessionRow = Selectable<OperatorSessionTable>;

export async function findOperatorByName(db: Db, name: string): Promise<OperatorRow | null> {
  const row = await db
    .selectFrom('operators')
    .selectAll()
    .where('name_folded', '=', name.trim().toLowerCase())
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

export async function findOperator(db: Db, operatorId: string): Promise<OperatorRow | null> {
  const row = await db
    .selectFrom('operators')
    .selectAll()
    .where('operator_id', '=', operatorId)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

export async function hasOperators(db: Db): Promise<boolean> {
  return (await db.selectFrom('operators').select('operator_id').limit(1).executeTakeFirst()) !== undefined;
}

export async function addOperator(db: Db, row: OperatorRow): Promise<void> {
  await db.insertInto('operators').values(row).execute();
}

export async function setPassword(db: Db, operatorId: string, passwordHash: string): Promise<void> {
  await db
    .updateTable('operators')
    .set({ password_hash: passwordHash })
    .where('operator_id', '=', operatorId)
    .execute();
  await db.deleteFrom('operator_sessions').where('operator_id', '=', operatorId).execute();
}

/** Sealed secret, null: none. Open sessions end. */
export async function setSecondFactor(db: Db, operatorId: string, totpSealed: string | null): Promise<void> {
  await db
    .updateTable('operators')
    .set({ totp_sealed: totpSealed, totp_step: 0 })
    .where('operator_id', '=', operatorId)
    .execute();
  await db.deleteFrom('operator_sessions').where('operator_id', '=', operatorId).execute();
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

export async function addSession(db: Db, row: OperatorSessionRow): Promise<void> {
  await db.deleteFrom('operator_sessions').where('expires_at', '<', row.created_at).execute();
  await db.insertInto('operator_sessions').values(row).execute();
}

export async function findSession(db: Db, tokenSha256: string, nowMs: number): Promise<OperatorSessionRow | null> {
  const row = await db
    .selectFrom('operator_sessions')
    .selectAll()
    .where('token_sha256', '=', tokenSha256)
    .where('expires_at', '>', nowMs)
    .executeTakeFirst();
  return row ?? null;
}

export async function touchSession(db: Db, tokenSha256: string, nowMs: number): Promise<void> {
  await db.updateTable('operator_sessions').set({ used_at: nowMs }).where('token_sha256', '=', tokenSha256).execute();
}

export async function removeSession(db: Db, tokenSha256: string): Promise<void> {
  await db.deleteFrom('operator_sessions').where('token_sha256', '=', tokenSha256).execute();
}

/** After a restore from a backup, and when somebody asks for it: everybody signs in again. */
export async function removeAllSessions(db: Db): Promise<void> {
  await db.deleteFrom('operator_sessions').execute();
}
