/** Operators as administrators see them. What of it the asker may see, `auth/` decides. */
import type { Db } from '#console/store/store.ts';
import type { OperatorRow, OperatorSessionRow } from '#console/store/operators/operators.ts';

export interface OperatorCounts {
  readonly sessions: ReadonlyMap<string, number>;
  readonly apiKeys: ReadonlyMap<string, number>;
  readonly identities: ReadonlyMap<string, { readonly name: string; readonly issuer: string }>;
}

export async function listOperators(db: Db): Promise<OperatorRow[]> {
  return db.selectFrom('operators').selectAll().where('removed_at', 'is', null).orderBy('name_folded').execute();
}

/** Also one that is disabled. */
export async function findManagedOperator(db: Db, operatorId: string): Promise<OperatorRow | null> {
  const row = await db
    .selectFrom('operators')
    .selectAll()
    .where('operator_id', '=', operatorId)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

export async function findBySetUpLink(db: Db, setUpSha256: string, nowMs: number): Promise<OperatorRow | null> {
  const row = await db
    .selectFrom('operators')
    .selectAll()
    .where('setup_sha256', '=', setUpSha256)
    .where('setup_expires_at', '>', nowMs)
    .where('disabled_at', 'is', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** True for exactly one of those who come with the link, in whichever process. */
export async function takeSetUpLink(db: Db, operatorId: string, setUpSha256: string): Promise<boolean> {
  const taken = await db
    .updateTable('operators')
    .set({ setup_sha256: null, setup_expires_at: null })
    .where('operator_id', '=', operatorId)
    .where('setup_sha256', '=', setUpSha256)
    .executeTakeFirst();
  return taken.numUpdatedRows === 1n;
}

export async function operatorCounts(db: Db, nowMs: number): Promise<OperatorCounts> {
  const sessions = await db
    .selectFrom('operator_sessions')
    .select((row) => ['operator_id', row.fn.countAll<number>().as('how_many')])
    .where('expires_at', '>', nowMs)
    .groupBy('operator_id')
    .execute();
  const apiKeys = await db
    .selectFrom('api_keys')
    .select((row) => ['operator_id', row.fn.countAll<number>().as('how_many')])
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', nowMs)
    .groupBy('operator_id')
    .execute();
  const identities = await db.selectFrom('operator_identities').select(['operator_id', 'name', 'issuer']).execute();
  const counted = (rows: { operator_id: string; how_many: number }[]): Map<string, number> =>
    new Map(rows.map((row) => [row.operator_id, Number(row.how_many)]));
  return {
    sessions: counted(sessions),
    apiKeys: counted(apiKeys),
    identities: new Map(identities.map((row) => [row.operator_id, row])),
  };
}

/**
 * How many could administrate everything, apart from that one. Only with a password: a provider that is down or was taken
 * over must not be the only way in.
 */
export async function otherAdministrators(db: Db, operatorId: string): Promise<number> {
  const row = await db
    .selectFrom('operators')
    .select((one) => one.fn.countAll<number>().as('how_many'))
    .where('operator_id', '!=', operatorId)
    .where('role', '=', 'admin')
    .where('organisations', 'is', null)
    .where('disabled_at', 'is', null)
    .where('removed_at', 'is', null)
    .where('password_hash', '!=', '')
    .executeTakeFirst();
  return Number(row?.how_many ?? 0);
}

export async function listSessions(db: Db, nowMs: number): Promise<(OperatorSessionRow & { name: string })[]> {
  return db
    .selectFrom('operator_sessions')
    .innerJoin('operators', 'operators.operator_id', 'operator_sessions.operator_id')
    .selectAll('operator_sessions')
    .select('operators.name')
    .where('operator_sessions.expires_at', '>', nowMs)
    .orderBy('operator_sessions.used_at', 'desc')
    .limit(1_000)
    .execute();
}
