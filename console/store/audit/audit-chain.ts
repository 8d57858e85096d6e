/**
 * Whether the audit log is whole (G21): every entry is there, unchanged, in its place, and the chain ends where it was seen
 * to end. What retention removed is stood for by a checkpoint that only the holder of the key can make.
 */
import { equal, hmac } from '#protocol/crypto.ts';
import { macOf } from '#console/store/audit/audit-mac.ts';
import { readMeta } from '#console/store/meta.ts';
import type { Db } from '#console/store/store.ts';

/** An end of the chain as it was seen once; kept outside the database, it shows what was cut off later. */
export interface AuditHead {
  readonly number: number;
  readonly mac: string;
}

export type AuditBreak =
  /** Its content, its place or the key is another one. */
  | { readonly kind: 'changed'; readonly number: number }
  | { readonly kind: 'missing'; readonly from: number; readonly to: number }
  /** The chain once ended later than it does now. */
  | { readonly kind: 'cut-off'; readonly from: number; readonly to: number }
  /** At that number another entry once stood: the chain was written anew from there or before. */
  | { readonly kind: 'rewritten'; readonly number: number }
  | { readonly kind: 'checkpoint'; readonly number: number };

export interface AuditState {
  /** First entry that is still there, after what retention removed. */
  readonly from: number;
  readonly entries: number;
  readonly head: AuditHead | null;
  readonly broken: AuditBreak | null;
}

export interface Checkpoint extends AuditHead {
  readonly at: number;
  readonly seal: string;
}

const slice = 1_000;

export function sealOf(key: Uint8Array, { number, mac, at }: Omit<Checkpoint, 'seal'>): string {
  return hmac(key, JSON.stringify(['audit-checkpoint', number, mac, at])).toString('hex');
}

const same = (one: string, other: string): boolean => equal(Buffer.from(one), Buffer.from(other));

export async function readCheckpoint(db: Db): Promise<Checkpoint | null> {
  const text = await readMeta(db, 'audit-checkpoint');
  return text === null ? null : (JSON.parse(text) as Checkpoint);
}

/** null for an empty log. */
export async function auditHead(db: Db): Promise<AuditHead | null> {
  const row = await db
    .selectFrom('audit')
    .select(['number', 'mac'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

interface Walk {
  readonly last: AuditHead;
  readonly broken: AuditBreak | null;
  /** Heads that the walk passed and found unlike what was seen. */
  readonly rewritten: number | null;
}

async function walk(db: Db, key: Uint8Array, start: AuditHead, seen: ReadonlyMap<number, string>): Promise<Walk> {
  let last = start;
  let rewritten: number | null = null;
  for (;;) {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('number', '>', last.number)
      .orderBy('number')
      .limit(slice)
      .execute();
    for (const row of rows) {
      const expected = last.number + 1;
      if (row.number !== expected)
        return { last, rewritten, broken: { kind: 'missing', from: expected, to: row.number - 1 } };
      if (!same(row.mac, macOf(key, last.mac, row)))
        return { last, rewritten, broken: { kind: 'changed', number: expected } };
      const once = seen.get(row.number);
      if (once !== undefined && !same(once, row.mac)) rewritten ??= row.number;
      last = { number: row.number, mac: row.mac };
    }
    if (rows.length < slice) return { last, rewritten, broken: null };
  }
}

/** `heads`: ends that were seen before; those that retention has removed since say nothing any more. */
export async function examineAudit(db: Db, key: Uint8Array, heads: readonly AuditHead[] = []): Promise<AuditState> {
  const checkpoint = await readCheckpoint(db);
  const start = checkpoint ?? { number: 0, mac: '' };
  const from = start.number + 1;
  if (checkpoint !== null && !same(checkpoint.seal, sealOf(key, checkpoint))) {
    return { from, entries: 0, head: null, broken: { kind: 'checkpoint', number: checkpoint.number } };
  }
  const { last, broken, rewritten } = await walk(db, key, start, new Map(heads.map((one) => [one.number, one.mac])));
  const newest = Math.max(0, ...heads.map((one) => one.number));
  const findings: readonly (AuditBreak | null)[] = [
    broken,
    rewritten === null ? null : { kind: 'rewritten', number: rewritten },
    newest > last.number ? { kind: 'cut-off', from: last.number + 1, to: newest } : null,
  ];
  const head = last.number === start.number ? null : last;
  return { from, entries: last.number - start.number, head, broken: findings.find((one) => one !== null) ?? null };
}

/** The short answer: null when the chain holds; otherwise the number of the first entry that does not fit. */
export async function verifyAudit(db: Db, key: Uint8Array): Promise<number | null> {
  const { broken } = await examineAudit(db, key);
  if (broken === null) return null;
  return 'from' in broken ? broken.from : broken.number;
}
