/** Sessions of operators. Asked before anybody is known, so these take no scope. */
import type { Db } from '#console/store/store.ts';
import type { OperatorSessionRow } from '#console/store/operators/operators.ts';

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

export async function confirmSession(db: Db, tokenSha256: string, nowMs: number): Promise<void> {
  await db.updateTable('operator_sessions').set({ fresh_at: nowMs }).where('token_sha256', '=', tokenSha256).execute();
}

export async function removeSession(db: Db, tokenSha256: string): Promise<void> {
  await db.deleteFrom('operator_sessions').where('token_sha256', '=', tokenSha256).execute();
}

/** All of one operator but, where it is named, the one that asks. */
export async function removeSessionsOf(db: Db, operatorId: string, exceptTokenSha256 = ''): Promise<void> {
  await db
    .deleteFrom('operator_sessions')
    .where('operator_id', '=', operatorId)
    .where('token_sha256', '!=', exceptTokenSha256)
    .execute();
}

/** Whoever came by single sign-on; answers the operators concerned. */
export async function removeSignOnSessions(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('operator_sessions').select('operator_id').where('via', '=', 'sign-on').execute();
  await db.deleteFrom('operator_sessions').where('via', '=', 'sign-on').execute();
  return [...new Set(rows.map((row) => row.operator_id))];
}

/** After a restore from a backup, and when somebody asks for it: everybody signs in again. */
export async function removeAllSessions(db: Db): Promise<void> {
  await db.deleteFrom('operator_sessions').execute();
}
