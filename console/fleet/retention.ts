/** Forgets what is older than administrators want it kept, a slice at a time. One console process does. */
import { randomBytes } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { retentionSchema, type Retention } from '#console/api/retention.ts';
import { consoleScope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { forgetAuditBefore } from '#console/store/audit/audit-retention.ts';
import { removeOldEvents } from '#console/store/devices/events.ts';
import { takeLease } from '#console/store/leases.ts';
import { readMeta, writeMeta } from '#console/store/meta.ts';
import { removeEndedAlerts, removeOldCommands, removeOldDeliveries } from '#console/store/retention.ts';
import type { Db } from '#console/store/store.ts';
import { removeEndedTries } from '#console/store/tries.ts';

const dayMs = 86_400_000;
/** Rows of one transaction. */
const slice = 1_000;
/** Of each kind in one round; what is left goes in the next, a minute later. */
const slicesPerRound = 20;
const leaseMs = 180_000;
const holder = randomBytes(12).toString('hex');
const scope = consoleScope('retention');

export async function readRetention(db: Db): Promise<Retention> {
  return retentionSchema.parse(JSON.parse((await readMeta(db, 'retention')) ?? '{}'));
}

export async function writeRetention(db: Db, retention: Retention): Promise<void> {
  await writeMeta(db, 'retention', JSON.stringify(retention));
}

/** What is removed by which of the settings: one row a kind. */
const kinds: readonly {
  readonly days: keyof Retention;
  readonly remove: (db: Db, beforeMs: number, limit: number) => Promise<number>;
}[] = [
  { days: 'eventDays', remove: (db, beforeMs, limit) => removeOldEvents(db, scope, beforeMs, limit) },
  { days: 'commandDays', remove: removeOldCommands },
  { days: 'alertDays', remove: removeEndedAlerts },
  { days: 'deliveryDays', remove: removeOldDeliveries },
];

/** Answers how many rows went; 0 also when another process does it. */
export async function forgetOld({
  store,
  clock,
  sealer,
}: Pick<DeviceSide, 'store' | 'clock' | 'sealer'>): Promise<number> {
  const lease = { name: 'retention', holder };
  const mine = await store.write((db) => takeLease(db, lease, { nowMs: clock.now(), forMs: leaseMs }));
  if (!mine) return 0;
  const retention = await readRetention(store.read);
  let gone = 0;
  for (const { days, remove } of kinds) {
    const beforeMs = clock.now() - retention[days] * dayMs;
    for (let turn = 0; turn < slicesPerRound; turn += 1) {
      const removed = await store.write((db) => remove(db, beforeMs, slice));
      gone += removed;
      if (removed < slice) break;
      await breathe();
    }
  }
  const nowMs = clock.now();
  // Not counted: nobody has said how long to keep them, they are over.
  await store.write((db) => removeEndedTries(db, nowMs, slice));
  const beforeMs = nowMs - retention.auditDays * dayMs;
  return gone + (await store.write((db) => forgetAuditBefore(db, sealer.subkey('audit'), { beforeMs, nowMs })));
}
