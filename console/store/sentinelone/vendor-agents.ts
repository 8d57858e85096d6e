/**
 * SentinelOne's records, joined with devices. A record belongs to a device only through the site that the device's own
 * organisation is mapped to (G9): who asks for a device sees its record, nobody sees a list of other people's.
 */
import type { Selectable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { VendorAgentTable } from '#console/store/schema/vendor-agent-tables.ts';

export type VendorAgentRow = Selectable<VendorAgentTable>;

/** Devices of organisations mapped to a connection that have told an agent id, with their organisation's site. */
export interface Claim {
  readonly device_id: string;
  readonly organisation_id: string;
  readonly hostname: string;
  readonly agent_uuid: string;
  readonly site_id: string;
}

export async function claimsOf(db: Db, scope: Scope, connectionId: string): Promise<Claim[]> {
  const rows = await db
    .selectFrom('devices')
    .innerJoin('mappings', 'mappings.organisation_id', 'devices.organisation_id')
    .select(['device_id', 'devices.organisation_id', 'hostname', 'agent_uuid', 'site_id'])
    .where('connection_id', '=', connectionId)
    .where('revoked_at', 'is', null)
    .where('agent_uuid', 'is not', null)
    .where(within(scope, 'devices.organisation_id'))
    .execute();
  return rows.flatMap((row) => (row.agent_uuid === null ? [] : [{ ...row, agent_uuid: row.agent_uuid }]));
}

/** Of one connection, whole: for the console's own reading round. */
export async function listVendorAgents(db: Db, connectionId: string): Promise<VendorAgentRow[]> {
  return db.selectFrom('vendor_agents').selectAll().where('connection_id', '=', connectionId).execute();
}

/** `decision` false: one that was made while the list was read stays. */
export async function writeVendorAgent(db: Db, row: VendorAgentRow, decision: boolean): Promise<void> {
  const { connection_id: _c, vendor_agent_id: _v, put_back_at, put_back_by, ...read } = row;
  const rest = decision ? { ...read, put_back_at, put_back_by } : read;
  await db
    .insertInto('vendor_agents')
    .values(row)
    .onConflict((conflict) => conflict.columns(['connection_id', 'vendor_agent_id']).doUpdateSet(rest))
    .execute();
}

export async function removeVendorAgent(
  db: Db,
  row: Pick<VendorAgentRow, 'connection_id' | 'vendor_agent_id'>,
): Promise<void> {
  await db
    .deleteFrom('vendor_agents')
    .where('connection_id', '=', row.connection_id)
    .where('vendor_agent_id', '=', row.vendor_agent_id)
    .execute();
}

/** Records of one device, the living ones first. */
export async function vendorAgentsOfDevice(db: Db, scope: Scope, deviceId: string): Promise<VendorAgentRow[]> {
  return db
    .selectFrom('vendor_agents')
    .innerJoin('devices', 'devices.device_id', 'vendor_agents.device_id')
    .innerJoin('mappings', (join) =>
      join
        .onRef('mappings.organisation_id', '=', 'devices.organisation_id')
        .onRef('mappings.connection_id', '=', 'vendor_agents.connection_id')
        .onRef('mappings.site_id', '=', 'vendor_agents.site_id'),
    )
    .selectAll('vendor_agents')
    .where('vendor_agents.device_id', '=', deviceId)
    .where(within(scope, 'devices.organisation_id'))
    .orderBy('gone')
    .limit(20)
    .execute();
}

/** Records of those devices of an organisation of which SentinelOne has removed one, by device. */
export async function removedRecordsOf(
  db: Db,
  scope: Scope,
  organisationId: string,
): Promise<ReadonlyMap<string, readonly Pick<VendorAgentRow, 'gone' | 'gone_since' | 'put_back_at'>[]>> {
  const rows = await db
    .selectFrom('vendor_agents')
    .innerJoin('devices', 'devices.device_id', 'vendor_agents.device_id')
    .innerJoin('mappings', (join) =>
      join
        .onRef('mappings.organisation_id', '=', 'devices.organisation_id')
        .onRef('mappings.connection_id', '=', 'vendor_agents.connection_id')
        .onRef('mappings.site_id', '=', 'vendor_agents.site_id'),
    )
    .select(['devices.device_id', 'gone', 'gone_since', 'put_back_at'])
    .where('devices.organisation_id', '=', organisationId)
    .where('vendor_agents.device_id', 'in', (removed) =>
      removed
        .selectFrom('vendor_agents as removed')
        .select('removed.device_id')
        .where('removed.gone', 'in', ['decommissioned', 'uninstalled'])
        .where('removed.device_id', 'is not', null),
    )
    .where(within(scope, 'devices.organisation_id'))
    .execute();
  return Map.groupBy(rows, (row) => row.device_id);
}

/** Notes the decision that a device may be installed again; answers whether there was anything to decide. */
export async function putBack(
  db: Db,
  scope: Scope,
  decision: { readonly deviceId: string; readonly by: string; readonly nowMs: number },
): Promise<boolean> {
  const rows = (await vendorAgentsOfDevice(db, scope, decision.deviceId)).filter(({ gone }) => gone !== '');
  for (const row of rows) {
    const decided = { ...row, put_back_at: decision.nowMs, put_back_by: decision.by };
    await writeVendorAgent(db, decided, true);
  }
  return rows.length > 0;
}
