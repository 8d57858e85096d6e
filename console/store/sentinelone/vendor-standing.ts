/** What SentinelOne's records say of devices, as a column of the device that coverage is counted by (G32). */
import { sql } from 'kysely';
import { vendorStandings, type VendorStanding } from '#console/api/coverage-rule.ts';
import type { Scope } from '#console/auth/scope.ts';
import { within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';

export interface Standing {
  readonly device_id: string;
  readonly was: string;
  readonly is: VendorStanding;
}

interface StandingSlice {
  readonly organisationId: string | null;
  readonly afterDeviceId: string;
  readonly limit: number;
  /** Records that SentinelOne has not heard of since count no more. */
  readonly staleBeforeMs: number;
}

/**
 * The best of a device's records: living, in the very site that its organisation is mapped to, with the id that the device
 * tells now. In order of device id.
 */
export async function standingSlice(db: Db, scope: Scope, slice: StandingSlice): Promise<Standing[]> {
  const best = sql<number>`max(case when vendor_agents.uuid is null then 0
    when vendor_agents.last_active_at is null or vendor_agents.last_active_at < ${slice.staleBeforeMs} then 1
    when vendor_agents.mitigation_mode = 'detect' then 2 else 3 end)`;
  let devices = db
    .selectFrom('devices')
    .select(['device_id', 'organisation_id', 'agent_uuid', 'vendor_record'])
    .where('revoked_at', 'is', null)
    .where('device_id', '>', slice.afterDeviceId)
    .where(within(scope, 'organisation_id'))
    .orderBy('device_id')
    .limit(slice.limit);
  if (slice.organisationId !== null) devices = devices.where('organisation_id', '=', slice.organisationId);
  const rows = await db
    .selectFrom(devices.as('device'))
    .leftJoin('mappings', 'mappings.organisation_id', 'device.organisation_id')
    .leftJoin('vendor_agents', (join) =>
      join
        .onRef('vendor_agents.device_id', '=', 'device.device_id')
        .onRef('vendor_agents.connection_id', '=', 'mappings.connection_id')
        .onRef('vendor_agents.site_id', '=', 'mappings.site_id')
        .on(sql<boolean>`vendor_agents.uuid = lower(device.agent_uuid)`)
        .on('vendor_agents.gone', '=', ''),
    )
    .select(['device.device_id', 'device.vendor_record as was', best.as('best')])
    .groupBy(['device.device_id', 'device.vendor_record'])
    .orderBy('device.device_id')
    .execute();
  return rows.map(({ device_id, was, best: rank }) => ({ device_id, was, is: vendorStandings[rank] ?? 'none' }));
}

export async function writeStanding(db: Db, scope: Scope, deviceIds: readonly string[], is: VendorStanding) {
  if (deviceIds.length === 0) return;
  await db
    .updateTable('devices')
    .set({ vendor_record: is })
    .where('device_id', 'in', [...deviceIds])
    .where(within(scope, 'organisation_id'))
    .execute();
}
