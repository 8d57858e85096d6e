/** API keys. Asked before anybody is known, so these take no scope. */
import type { Selectable } from 'kysely';
import type { ApiKeyTable } from '#console/store/schema/operator-tables.ts';
import type { OperatorRow } from '#console/store/operators/operators.ts';
import type { Db } from '#console/store/store.ts';

export type ApiKeyRow = Selectable<ApiKeyTable>;

export async function addApiKey(db: Db, row: ApiKeyRow): Promise<void> {
  await db.insertInto('api_keys').values(row).execute();
}

/** Of everybody who exists, newest first; what of it the asker may see, `auth/` decides. */
export async function listApiKeys(db: Db): Promise<ApiKeyRow[]> {
  return db.selectFrom('api_keys').selectAll().orderBy('created_at', 'desc').orderBy('key_id').limit(5_000).execute();
}

async function findApiKey(db: Db, keyId: string): Promise<ApiKeyRow | null> {
  const row = await db.selectFrom('api_keys').selectAll().where('key_id', '=', keyId).executeTakeFirst();
  return row ?? null;
}

/** A key that works now, with the operator whose rights bound it. */
export async function findLiveApiKey(
  db: Db,
  keyId: string,
  nowMs: number,
): Promise<{ key: ApiKeyRow; owner: OperatorRow } | null> {
  const key = await findApiKey(db, keyId);
  if (key === null || key.revoked_at !== null || key.expires_at <= nowMs) return null;
  const owner = await db
    .selectFrom('operators')
    .selectAll()
    .where('operator_id', '=', key.operator_id)
    .where('disabled_at', 'is', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return owner === undefined ? null : { key, owner };
}

export async function noteApiKeyUse(db: Db, keyId: string, address: string, nowMs: number): Promise<void> {
  await db.updateTable('api_keys').set({ used_at: nowMs, used_address: address }).where('key_id', '=', keyId).execute();
}

export async function revokeApiKey(db: Db, keyId: string, nowMs: number): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ revoked_at: nowMs })
    .where('key_id', '=', keyId)
    .where('revoked_at', 'is', null)
    .execute();
}

export async function revokeApiKeysOf(db: Db, operatorId: string, nowMs: number): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ revoked_at: nowMs })
    .where('operator_id', '=', operatorId)
    .where('revoked_at', 'is', null)
    .execute();
}
