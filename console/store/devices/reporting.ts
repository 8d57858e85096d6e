/** Which devices are overdue, as a column that follows the time of their last contact. */
import type { Scope } from '#console/auth/scope.ts';
import { within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';

export interface Turned {
  readonly device_id: string;
  readonly organisation_id: string;
}

export interface SilenceWindow {
  /** Devices heard of last before this are looked at no more: an earlier sweep did. */
  readonly fromMs: number;
  readonly overdueBeforeMs: number;
  readonly limit: number;
}

/** Overdue and not marked so. */
export async function newlySilent(db: Db, scope: Scope, window: SilenceWindow): Promise<Turned[]> {
  return db
    .selectFrom('devices')
    .select(['device_id', 'organisation_id'])
    .where('last_seen_at', '>=', window.fromMs)
    .where('last_seen_at', '<', window.overdueBeforeMs)
    .where('reporting', '=', 1)
    .where(within(scope, 'organisation_id'))
    .limit(window.limit)
    .execute();
}

/** Marked as overdue, and heard of again. */
export async function newlyHeard(
  db: Db,
  scope: Scope,
  { overdueBeforeMs, limit }: Omit<SilenceWindow, 'fromMs'>,
): Promise<Turned[]> {
  return db
    .selectFrom('devices')
    .select(['device_id', 'organisation_id'])
    .where('reporting', '=', 0)
    .where('last_seen_at', '>=', overdueBeforeMs)
    .where(within(scope, 'organisation_id'))
    .limit(limit)
    .execute();
}

export async function markReporting(db: Db, scope: Scope, devices: readonly Turned[], reporting: 0 | 1): Promise<void> {
  if (devices.length === 0) return;
  await db
    .updateTable('devices')
    .set({ reporting })
    .where(
      'device_id',
      'in',
      devices.map((row) => row.device_id),
    )
    .where(within(scope, 'organisation_id'))
    .execute();
}
