/**
 * Reads SentinelOne's records of all mapped sites, now and then, so that lists and counters need not ask it. What it has
 * removed is noticed here.
 */
import { consoleScope } from '#console/auth/scope.ts';
import type { Clock } from '#console/context.ts';
import type { Connections } from '#console/fleet/connections/connections.ts';
import { removalOf } from '#console/fleet/sentinelone/removed-there.ts';
import { plainText } from '#console/fleet/link/report-row.ts';
import { judgeRecords } from '#console/fleet/sentinelone/vendor-standing.ts';
import { findAgents, type SentinelOneAgentRecord } from '#console/sentinelone/agents.ts';
import { claimAgentsRead, listConnections } from '#console/store/sentinelone/connections.ts';
import { listMappings } from '#console/store/sentinelone/mappings.ts';
import { raisePolicyVersion } from '#console/store/organisations.ts';
import type { Db, Store } from '#console/store/store.ts';
import {
  claimsOf,
  listVendorAgents,
  removeVendorAgent,
  writeVendorAgent,
  type Claim,
  type VendorAgentRow,
} from '#console/store/sentinelone/vendor-agents.ts';

export interface VendorAgentParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly connections: Connections;
  /** Something changed that devices should hear of. */
  changed(): void;
}

const scope = consoleScope('vendor-agents');
/** One process reads; the others see that it has just been done. Shorter than a round, so that none is left out. */
const readEveryMs = 9 * 60_000;
const sitesPerCall = 50;
/** Devices that check in meanwhile get their turn in between. */
const rowsPerWrite = 500;
/** A contact that moved on by less is not worth a write. */
const contactStepMs = 3_600_000;
/** A vanished record whose device is known is remembered; nobody needs the others. */
const vanished = 'vanished';

function goneOf(agent: SentinelOneAgentRecord): string {
  if (agent.isUninstalled) return 'uninstalled';
  return agent.isDecommissioned ? 'decommissioned' : '';
}

function timeMs(text: string | null): number | null {
  const ms = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

const short = (text: string): string => plainText(text).slice(0, 200);

function rowOf(connectionId: string, agent: SentinelOneAgentRecord, nowMs: number): VendorAgentRow {
  const gone = goneOf(agent);
  const needs = [...agent.userActionsNeeded, ...agent.missingPermissions].slice(0, 20).map(short);
  return {
    connection_id: connectionId,
    vendor_agent_id: agent.vendorAgentId,
    uuid: agent.uuid.toLowerCase(),
    device_id: null,
    computer_name: short(agent.computerName),
    site_id: agent.siteId,
    agent_version: agent.agentVersion === null ? null : short(agent.agentVersion),
    is_active: agent.isActive ? 1 : 0,
    gone,
    gone_since: gone === '' ? null : nowMs,
    infected: agent.infected ? 1 : 0,
    active_threats: Math.max(0, Math.trunc(agent.activeThreats)),
    last_active_at: timeMs(agent.lastActiveAt),
    scan_status: agent.scanStatus === null ? null : short(agent.scanStatus),
    mitigation_mode: agent.mitigationMode === null ? null : short(agent.mitigationMode),
    needs: JSON.stringify(needs),
    read_at: nowMs,
    put_back_at: null,
    put_back_by: null,
  };
}

/** The one device whose organisation is mapped to the record's site and that has told the record's id (G9). */
function ownerOf(row: VendorAgentRow, claims: ReadonlyMap<string, readonly Claim[]>): string | null {
  const claimants = (claims.get(row.uuid) ?? []).filter((claim) => claim.site_id === row.site_id);
  return claimants.length === 1 ? (claimants[0]?.device_id ?? null) : null;
}

/** What stays of the row known before: its device, since when it is gone, and the decision made about that. */
function merged(before: VendorAgentRow | undefined, row: VendorAgentRow): VendorAgentRow {
  if (before === undefined) return row;
  const sameEnd = before.gone === row.gone;
  return {
    ...row,
    device_id: row.device_id ?? before.device_id,
    gone_since: sameEnd ? before.gone_since : row.gone_since,
    put_back_at: sameEnd ? before.put_back_at : null,
    put_back_by: sameEnd ? before.put_back_by : null,
  };
}

function differs(before: VendorAgentRow | undefined, row: VendorAgentRow): boolean {
  if (before === undefined) return true;
  const moved = Math.abs((row.last_active_at ?? 0) - (before.last_active_at ?? 0)) >= contactStepMs;
  const { read_at: _r, last_active_at: _l, ...now } = row;
  const { read_at: _b, last_active_at: _a, ...then } = before;
  return (
    moved || JSON.stringify(now, Object.keys(now).toSorted()) !== JSON.stringify(then, Object.keys(then).toSorted())
  );
}

/** Device ids that are held back because of their records. */
function heldBack(rows: Iterable<VendorAgentRow>): Set<string> {
  const byDevice = new Map<string, VendorAgentRow[]>();
  for (const row of rows)
    if (row.device_id !== null) byDevice.set(row.device_id, [...(byDevice.get(row.device_id) ?? []), row]);
  return new Set([...byDevice].filter(([, records]) => removalOf(records) !== null).map(([deviceId]) => deviceId));
}

interface Taken {
  readonly writes: readonly ((db: Db) => Promise<void>)[];
  /** Some device is held back now that was not, or the other way round. */
  readonly heldChanged: boolean;
}

async function take(
  db: Db,
  connectionId: string,
  agents: readonly SentinelOneAgentRecord[],
  nowMs: number,
): Promise<Taken> {
  const writes: ((db: Db) => Promise<void>)[] = [];
  const known = new Map((await listVendorAgents(db, connectionId)).map((row) => [row.vendor_agent_id, row]));
  const claims = Map.groupBy(await claimsOf(db, scope, connectionId), (claim) => claim.agent_uuid.toLowerCase());
  const next = new Map<string, VendorAgentRow>();
  for (const agent of agents) {
    const row = rowOf(connectionId, agent, nowMs);
    const before = known.get(row.vendor_agent_id);
    next.set(row.vendor_agent_id, merged(before, { ...row, device_id: ownerOf(row, claims) }));
  }
  for (const before of known.values()) {
    if (next.has(before.vendor_agent_id)) continue;
    if (before.device_id === null) writes.push((writer) => removeVendorAgent(writer, before));
    else next.set(before.vendor_agent_id, { ...before, gone: before.gone === '' ? vanished : before.gone });
  }
  for (const row of next.values()) {
    const before = known.get(row.vendor_agent_id);
    // Another end than the one that was decided about forgets the decision.
    if (differs(before, row)) writes.push((writer) => writeVendorAgent(writer, row, before?.gone !== row.gone));
  }
  const [then, now] = [heldBack(known.values()), heldBack(next.values())];
  return { writes, heldChanged: then.size !== now.size || [...now].some((deviceId) => !then.has(deviceId)) };
}

function slices<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, at) => values.slice(at * size, (at + 1) * size));
}

async function readOne(parts: VendorAgentParts, connectionId: string, signal: AbortSignal | undefined): Promise<void> {
  const { store, clock, connections } = parts;
  const mappings = (await listMappings(store.read, scope)).filter((row) => row.connection_id === connectionId);
  const siteIds = [...new Set(mappings.map((row) => row.site_id))];
  if (siteIds.length === 0) return;
  const { client } = await connections.client(connectionId);
  const agents: SentinelOneAgentRecord[] = [];
  for (const slice of slices(siteIds, sitesPerCall))
    agents.push(...(await findAgents(client, { siteIds: slice }, signal)));
  const { writes, heldChanged } = await take(store.read, connectionId, agents, clock.now());
  for (const slice of slices(writes, rowsPerWrite)) {
    await store.write(async (db) => {
      for (const write of slice) await write(db);
      if (heldChanged) await raisePolicyVersion(db, scope, null);
    });
  }
  if (heldChanged) parts.changed();
}

/** One round over all connections; one that fails keeps what was read before. */
export async function readVendorAgents(parts: VendorAgentParts, signal?: AbortSignal): Promise<void> {
  for (const { connection_id: connectionId } of await listConnections(parts.store.read)) {
    if (signal?.aborted === true) return;
    const nowMs = parts.clock.now();
    const times = { nowMs, beforeMs: nowMs - readEveryMs };
    if (!(await parts.store.write((db) => claimAgentsRead(db, connectionId, times)))) continue;
    await readOne(parts, connectionId, signal).catch(() => undefined);
  }
  if (signal?.aborted !== true) await judgeRecords(parts, null);
}
