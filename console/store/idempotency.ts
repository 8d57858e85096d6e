/** Actions that a client may have to send again, and what was answered to the first time. */
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '#console/store/store.ts';

export interface IdempotencyTable {
  /** SHA-256 (hex) over who asks, with which grants, and the key that was sent. */
  key_sha256: string;
  /** SHA-256 (hex) over method, path and body. */
  request_sha256: string;
  /** null: still being worked on. */
  status: number | null;
  /** Sealed: some answers show a secret once. */
  answer_sealed: string | null;
  begun_at: number;
  expires_at: number;
}

export async function idempotencyMigration(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table idempotency_keys (key_sha256 text not null, request_sha256 text not null, status bigint,
       answer_sealed text, begun_at bigint not null, expires_at bigint not null, primary key (key_sha256))`,
    )
    .execute(db);
  await sql.raw('create index idempotency_keys_by_end on idempotency_keys (expires_at)').execute(db);
}

export type Begun = 'first' | IdempotencyTable;

/** 'first' for exactly one of those who come with the same key, in whichever process. */
export async function beginRequest(
  db: Db,
  row: Pick<IdempotencyTable, 'key_sha256' | 'request_sha256' | 'begun_at' | 'expires_at'>,
): Promise<Begun> {
  await db.deleteFrom('idempotency_keys').where('expires_at', '<=', row.begun_at).execute();
  const made = await db
    .insertInto('idempotency_keys')
    .values({ ...row, status: null, answer_sealed: null })
    .onConflict((conflict) => conflict.column('key_sha256').doNothing())
    .executeTakeFirst();
  if (made.numInsertedOrUpdatedRows === 1n) return 'first';
  const found = await db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('key_sha256', '=', row.key_sha256)
    .executeTakeFirstOrThrow();
  return found;
}

export async function endRequest(
  db: Db,
  keySha256: string,
  answer: { readonly status: number; readonly sealed: string },
): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ status: answer.status, answer_sealed: answer.sealed })
    .where('key_sha256', '=', keySha256)
    .execute();
}

/** Nothing was done: the same key may try again. */
export async function forgetRequest(db: Db, keySha256: string): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('key_sha256', '=', keySha256).execute();
}
