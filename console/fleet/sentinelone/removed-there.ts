/** Whether SentinelOne has removed a device's agent: then it is not put back until somebody decides. Pure but for the last two. */
import type { Scope } from '#console/auth/scope.ts';
import type { Db } from '#console/store/store.ts';
import {
  removedRecordsOf,
  vendorAgentsOfDevice,
  type VendorAgentRow,
} from '#console/store/sentinelone/vendor-agents.ts';

export interface Removal {
  readonly how: 'decommissioned' | 'uninstalled';
  readonly sinceMs: number | null;
}

type Known = Pick<VendorAgentRow, 'gone' | 'gone_since' | 'put_back_at'>;

/**
 * A living record, or a decision, ends it. A record that merely vanished from the list is no removal that somebody
 * made: nothing is held back for it.
 */
export function removalOf(records: readonly Known[]): Removal | null {
  if (records.some(({ gone }) => gone === '')) return null;
  const removed = records.filter(
    ({ gone, put_back_at }) => (gone === 'decommissioned' || gone === 'uninstalled') && put_back_at === null,
  );
  const last = removed.toSorted((one, other) => (other.gone_since ?? 0) - (one.gone_since ?? 0))[0];
  if (last === undefined) return null;
  return { how: last.gone === 'uninstalled' ? 'uninstalled' : 'decommissioned', sinceMs: last.gone_since };
}

/** Devices of an organisation that are not installed for that reason. */
export async function devicesRemovedThere(db: Db, scope: Scope, organisationId: string): Promise<Set<string>> {
  const records = await removedRecordsOf(db, scope, organisationId);
  return new Set([...records].filter(([, rows]) => removalOf(rows) !== null).map(([deviceId]) => deviceId));
}

export async function removalOfDevice(db: Db, scope: Scope, deviceId: string): Promise<Removal | null> {
  return removalOf(await vendorAgentsOfDevice(db, scope, deviceId));
}
