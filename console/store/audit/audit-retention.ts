/** Forgetting old entries of the audit log in a way that leaves the rest provable (G21). */
import { appendAudit, lockAudit } from '#console/store/audit/audit.ts';
import { auditHead, readCheckpoint, sealOf } from '#console/store/audit/audit-chain.ts';
import { writeMeta } from '#console/store/meta.ts';
import type { Db } from '#console/store/store.ts';

const cutMax = 20_000;
/** Retention that comes by more often finds nothing to do, so that the log does not fill with its own cuts. */
const cutEveryMs = 20 * 3_600_000;

/**
 * Retention: removes what is older, at most so much at a time and always leaving an entry, and leaves a checkpoint from
 * which the rest can be verified. Answers how many entries went.
 */
export async function forgetAuditBefore(
  db: Db,
  key: Uint8Array,
  { beforeMs, nowMs }: { readonly beforeMs: number; readonly nowMs: number },
): Promise<number> {
  await lockAudit(db);
  const checkpoint = await readCheckpoint(db);
  if (checkpoint !== null && nowMs < checkpoint.at + cutEveryMs) return 0;
  const start = checkpoint?.number ?? 0;
  const kept = await db
    .selectFrom('audit')
    .select('number')
    .where('at', '>=', beforeMs)
    .orderBy('number')
    .limit(1)
    .executeTakeFirst();
  const head = await auditHead(db);
  const to = Math.min((kept?.number ?? head?.number ?? 1) - 1, start + cutMax);
  const last = await db.selectFrom('audit').select(['number', 'mac']).where('number', '=', to).executeTakeFirst();
  if (last === undefined) return 0;
  await db.deleteFrom('audit').where('number', '<=', to).execute();
  const next = { number: last.number, mac: last.mac, at: nowMs };
  await writeMeta(db, 'audit-checkpoint', JSON.stringify({ ...next, seal: sealOf(key, next) }));
  const detail = { from: start + 1, to, before: new Date(beforeMs).toISOString() };
  const entry = { at: nowMs, actor: 'console:retention', action: 'audit.forgotten', subject: 'audit' };
  await appendAudit(db, key, { ...entry, organisationId: null, detail });
  return to - start;
}
