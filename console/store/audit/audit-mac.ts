/** The link of the audit chain: HMAC over the entry and the link before it, with a key outside the database. */
import type { Selectable } from 'kysely';
import { hmac } from '#protocol/crypto.ts';
import type { AuditTable } from '#console/store/schema/tables.ts';

export type AuditRow = Selectable<AuditTable>;

export function macOf(key: Uint8Array, previous: string, row: Omit<AuditRow, 'mac'>): string {
  const { number, at, actor, action, subject, organisation_id, detail } = row;
  return hmac(key, JSON.stringify([previous, number, at, actor, action, subject, organisation_id, detail])).toString(
    'hex',
  );
}
