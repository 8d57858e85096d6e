/** SentinelOne's own record of one device, asked for when somebody looks. */
import { codes, type Fault } from '#protocol/codes.ts';
import { deviceReportSchema, type ProductReport } from '#protocol/report.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import type { VendorLookup } from '#console/api/vendor-record.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import { mayUse } from '#console/fleet/connections/connection-alarms.ts';
import { removalOfDevice } from '#console/fleet/sentinelone/removed-there.ts';
import { iso, isoOrNull } from '#console/fleet/lists/shown.ts';
import { joinRecord } from '#console/fleet/sentinelone/vendor-record.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { foundDevice } from '#console/routes/devices.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { findConnection, type ConnectionRow } from '#console/store/sentinelone/connections.ts';
import { readReport, type DeviceRecord } from '#console/store/devices/devices.ts';
import { findMapping, listMappings, type MappingRow } from '#console/store/sentinelone/mappings.ts';
import { vendorAgentsOfDevice } from '#console/store/sentinelone/vendor-agents.ts';

const nothing: Omit<VendorLookup, 'looked' | 'link' | 'rights' | 'removal'> = {
  record: null,
  mismatches: [],
  otherSite: null,
  fault: null,
  readAt: null,
};

/** One id, so that a device cannot ask for a list of them. */
const oneUuid = /^[\w-]{1,100}$/;

async function productOf(side: OperatorSide, who: SignedInOperator, deviceId: string): Promise<ProductReport | null> {
  const stored = await readReport(side.devices.store.read, who.scope, deviceId);
  const parsed = stored === null ? null : deviceReportSchema.safeParse(JSON.parse(stored.report));
  return parsed?.success ? (parsed.data.product?.value ?? null) : null;
}

/** Sites of organisations that the asker may see; all, for who may see all organisations. */
async function visibleSites(side: OperatorSide, who: SignedInOperator, mapping: MappingRow) {
  if (who.scope.organisations === 'all') return () => true;
  const own = await listMappings(side.devices.store.read, who.scope);
  const sites = own.filter((one) => one.connection_id === mapping.connection_id).map((one) => one.site_id);
  return (siteId: string) => sites.includes(siteId);
}

function shownFault(fault: Fault): VendorLookup['fault'] {
  const record = fault.toRecord();
  return codes[fault.code].class === 'defect' ? { ...record, detail: '', context: {} } : record;
}

/** As the device tells it, else as SentinelOne's record of it was known before the agent went; null: nobody told. */
export async function agentUuidOf(
  side: OperatorSide,
  who: SignedInOperator,
  device: DeviceRecord,
): Promise<string | null> {
  const told = device.agent_uuid;
  if (told !== null) return oneUuid.test(told) ? told : null;
  const [known] = await vendorAgentsOfDevice(side.devices.store.read, who.scope, device.device_id);
  return known?.uuid ?? null;
}

async function aroundOf(side: OperatorSide, who: SignedInOperator, device: DeviceRecord, row: ConnectionRow | null) {
  const removal = await removalOfDevice(side.devices.store.read, who.scope, device.device_id);
  const may = (feature: string): boolean => row === null || mayUse(row, feature);
  return {
    removal: removal === null ? null : { how: removal.how, since: isoOrNull(removal.sinceMs) },
    rights: { scanStart: may('scan-start'), scanAbort: may('scan-abort'), threats: may('threats') },
  };
}

async function lookUp(side: OperatorSide, who: SignedInOperator, device: DeviceRecord): Promise<VendorLookup> {
  const { read } = side.devices.store;
  const mapping = await findMapping(read, who.scope, device.organisation_id);
  if (mapping === null)
    return { ...nothing, looked: 'not-mapped', link: null, ...(await aroundOf(side, who, device, null)) };
  const connection = await findConnection(read, mapping.connection_id);
  const link = connection === null ? null : { url: `${connection.address}/`, host: connection.host };
  const around = await aroundOf(side, who, device, connection);
  const agentUuid = await agentUuidOf(side, who, device);
  if (agentUuid === null) return { ...nothing, ...around, looked: 'no-agent-id', link };
  const reading = await side.vendorRecords.read(mapping.connection_id, agentUuid);
  const common = { ...nothing, ...around, link, readAt: iso(reading.readAtMs) };
  if (reading.kind === 'failed') return { ...common, looked: 'failed', fault: shownFault(reading.fault) };
  const product = await productOf(side, who, device.device_id);
  const maySee = await visibleSites(side, who, mapping);
  const joined = joinRecord(reading.found, {
    agentUuid,
    product,
    siteId: mapping.site_id,
    maySee,
    nowMs: side.devices.clock.now(),
  });
  return { ...common, ...joined, looked: 'ok' };
}

export function registerVendorRecord(server: Server): void {
  const { side } = server;
  serve(server, deviceRoutes.vendorRecord, async ({ who, params }) =>
    lookUp(side, who, await foundDevice(side, who, params.deviceId)),
  );
}
