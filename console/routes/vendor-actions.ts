/** Scans, threats, moves and decisions about SentinelOne's agents. Every one is for the device's own record only (G9). */
import { asFault, Fault } from '#protocol/codes.ts';
import { vendorActionRoutes, type Threat } from '#console/api/vendor-actions.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import { mayUse } from '#console/fleet/connections/connection-alarms.ts';
import { demandMovable, devicesElsewhere } from '#console/fleet/mapping/elsewhere.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import { plainText } from '#console/fleet/link/report-row.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { foundDevice } from '#console/routes/devices.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { agentUuidOf } from '#console/routes/vendor-record.ts';
import { abortScan, moveToSite, startScan } from '#console/sentinelone/agent-actions.ts';
import type { SentinelOneAgentRecord } from '#console/sentinelone/agents.ts';
import { openThreats, type SentinelOneThreat } from '#console/sentinelone/threats.ts';
import type { ConnectionRow } from '#console/store/sentinelone/connections.ts';
import type { DeviceRecord } from '#console/store/devices/devices.ts';
import { findMapping, type MappingRow } from '#console/store/sentinelone/mappings.ts';
import { findOrganisation, raisePolicyVersion } from '#console/store/organisations.ts';
import { putBack } from '#console/store/sentinelone/vendor-agents.ts';

interface Own {
  readonly device: DeviceRecord;
  readonly mapping: MappingRow;
  readonly uuid: string;
  readonly agent: SentinelOneAgentRecord;
}

async function mappingOf(side: OperatorSide, who: SignedInOperator, organisationId: string): Promise<MappingRow> {
  const mapping = await findMapping(side.devices.store.read, who.scope, organisationId);
  if (mapping === null) throw new Fault('request.conflict', 'no SentinelOne site is chosen for the organisation');
  return mapping;
}

/** The living record in the organisation's own site, read anew. */
async function ownRecord(side: OperatorSide, who: SignedInOperator, deviceId: string): Promise<Own> {
  const device = await foundDevice(side, who, deviceId);
  const mapping = await mappingOf(side, who, device.organisation_id);
  const uuid = await agentUuidOf(side, who, device);
  if (uuid === null) throw new Fault('sentinelone.not-found', 'the device has no SentinelOne agent that told its id');
  side.vendorRecords.forget(mapping.connection_id, uuid);
  const reading = await side.vendorRecords.read(mapping.connection_id, uuid);
  if (reading.kind === 'failed') throw reading.fault;
  const agent = reading.found.find(
    (one) => one.siteId === mapping.site_id && !one.isDecommissioned && !one.isUninstalled,
  );
  if (agent === undefined)
    throw new Fault('sentinelone.not-found', "SentinelOne has no living record of it in the organisation's site");
  return { device, mapping, uuid, agent };
}

function demandRight(row: ConnectionRow, feature: string, permission: string): void {
  if (!mayUse(row, feature)) throw new Fault('sentinelone.permission', `The API token lacks ${permission}`);
}

async function note(side: OperatorSide, who: SignedInOperator, action: string, device: DeviceRecord): Promise<void> {
  const { device_id: subject, organisation_id: organisationId } = device;
  await side.devices.store.write((db) => auditBy(side, db, who, { action, subject, organisationId, detail: {} }));
}

async function scan(side: OperatorSide, who: SignedInOperator, deviceId: string, action: 'start' | 'abort') {
  const own = await ownRecord(side, who, deviceId);
  const { client, row } = await side.connections.client(own.mapping.connection_id);
  const running = own.agent.scanStatus === 'started';
  const ids = [own.agent.vendorAgentId];
  if (action === 'start') {
    demandRight(row, 'scan-start', 'Endpoints: Initiate Scan');
    if (running) throw new Fault('request.conflict', 'a full disk scan runs already');
    await startScan(client, ids);
  } else {
    demandRight(row, 'scan-abort', 'Endpoints: Abort Scan');
    if (!running) throw new Fault('request.conflict', 'no scan runs that could be aborted');
    await abortScan(client, ids);
  }
  side.vendorRecords.forget(own.mapping.connection_id, own.uuid);
  await note(side, who, action === 'start' ? 'scan.started' : 'scan.aborted', own.device);
}

const short = (text: string | null): string | null => (text === null ? null : plainText(text).slice(0, 200));

function shownThreat(threat: SentinelOneThreat, address: string): Threat {
  const foundMs = threat.foundAt === null ? Number.NaN : Date.parse(threat.foundAt);
  return {
    threatId: threat.threatId,
    name: short(threat.name) ?? '',
    classification: short(threat.classification),
    confidence: short(threat.confidence),
    mitigation: short(threat.mitigation),
    status: short(threat.status),
    filePath: short(threat.filePath),
    foundAt: Number.isNaN(foundMs) ? null : new Date(foundMs).toISOString(),
    url: `${address}/incidents/threats/${threat.threatId}/overview`,
  };
}

function registerDeviceActions(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  serve(server, vendorActionRoutes.scan, async ({ who, params, body }) => {
    await scan(side, who, params.deviceId, body.action);
    return null;
  });

  serve(server, vendorActionRoutes.threats, async ({ who, params }) => {
    const own = await ownRecord(side, who, params.deviceId);
    const { client, row } = await side.connections.client(own.mapping.connection_id);
    demandRight(row, 'threats', 'Endpoint Threats: View');
    const threats = await openThreats(client, own.agent.vendorAgentId);
    return { items: threats.slice(0, 100).map((threat) => shownThreat(threat, row.address)), total: threats.length };
  });

  serve(server, vendorActionRoutes.putBack, async ({ who, params }) => {
    const device = await foundDevice(side, who, params.deviceId);
    const decision = { deviceId: device.device_id, by: who.operator.name, nowMs: clock.now() };
    const decided = await store.write(async (db) => {
      const any = await putBack(db, who.scope, decision);
      if (any) await raisePolicyVersion(db, who.scope, device.organisation_id);
      return any;
    });
    if (!decided) throw new Fault('request.conflict', 'SentinelOne has not removed it');
    await note(side, who, 'device.put-back', device);
    await policyChanged(side.devices);
    return null;
  });
}

function registerMoves(server: Server): void {
  const { side } = server;
  const { read } = side.devices.store;

  const wanted = async (who: SignedInOperator, organisationId: string): Promise<MappingRow> => {
    demandGlobal(who);
    if ((await findOrganisation(read, who.scope, organisationId)) === null)
      throw new Fault('not-found', 'there is no such organisation');
    return mappingOf(side, who, organisationId);
  };

  serve(server, vendorActionRoutes.elsewhere, async ({ who, params }) => {
    const mapping = await wanted(who, params.organisationId);
    const items = await devicesElsewhere(read, side.connections, { scope: who.scope, mapping });
    return { siteName: mapping.site_name, items };
  });

  serve(server, vendorActionRoutes.move, async ({ who, params, body }) => {
    const mapping = await wanted(who, params.organisationId);
    const { client, row } = await side.connections.client(mapping.connection_id);
    demandRight(row, 'move', 'Endpoints: Move to Another Site');
    const rows = await devicesElsewhere(read, side.connections, { scope: who.scope, mapping });
    const items = [];
    for (const deviceId of new Set(body.deviceIds)) {
      try {
        const { vendorAgentId } = demandMovable(rows, deviceId);
        await moveToSite(client, [vendorAgentId], mapping.site_id);
        await note(side, who, 'device.moved-to-site', await foundDevice(side, who, deviceId));
        items.push({ deviceId, moved: true, fault: null });
      } catch (error) {
        items.push({ deviceId, moved: false, fault: asFault(error).toRecord() });
      }
    }
    return { items };
  });
}

export function registerVendorActions(server: Server): void {
  registerDeviceActions(server);
  registerMoves(server);
}
