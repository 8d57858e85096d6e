/** SentinelOne's own records of its agents. */
import * as z from 'zod';
import { readList, vendorId } from '#console/sentinelone/answers.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';
import type { SentinelOneScope } from '#console/sentinelone/sites.ts';
import type { Timing } from '#console/sentinelone/timing.ts';

export interface SentinelOneAgentRecord {
  readonly vendorAgentId: string;
  /** What the agent on the device reports of itself: the key to join on, within the device's own organisation. */
  readonly uuid: string;
  readonly computerName: string;
  readonly serialNumber: string | null;
  readonly siteId: string;
  readonly siteName: string | null;
  readonly accountId: string | null;
  readonly groupId: string | null;
  readonly agentVersion: string | null;
  readonly os: string | null;
  /** Connected lately; says nothing about health alone. */
  readonly isActive: boolean;
  readonly isDecommissioned: boolean;
  readonly isUninstalled: boolean;
  readonly isPendingUninstall: boolean;
  readonly infected: boolean;
  readonly activeThreats: number;
  readonly networkStatus: string | null;
  readonly lastActiveAt: string | null;
  readonly registeredAt: string | null;
  /** none, started, aborted, finished. Finished does not mean clean. */
  readonly scanStatus: string | null;
  readonly scanStartedAt: string | null;
  readonly scanFinishedAt: string | null;
  /** null: no full disk scan has ever been finished, or nobody told. */
  readonly lastSuccessfulScanAt: string | null;
  /** "na" when normal, otherwise the way it is disabled. */
  readonly operationalState: string | null;
  readonly mitigationMode: string | null;
  readonly missingPermissions: readonly string[];
  /** Without "none". */
  readonly userActionsNeeded: readonly string[];
}

const text = z.string().nullish();
const words = z.array(z.string()).nullish();

const optionalTexts = {
  serialNumber: text,
  siteName: text,
  accountId: text,
  groupId: text,
  agentVersion: text,
  osType: text,
  networkStatus: text,
  lastActiveDate: text,
  registeredAt: text,
  scanStatus: text,
  scanStartedAt: text,
  scanFinishedAt: text,
  lastSuccessfulScanDate: text,
  operationalState: text,
  mitigationMode: text,
};

const agentRow = z
  .object({
    ...optionalTexts,
    id: vendorId,
    uuid: z.string().min(1),
    computerName: z.string().nullish(),
    siteId: vendorId,
    isActive: z.boolean(),
    isDecommissioned: z.boolean().nullish(),
    isUninstalled: z.boolean().nullish(),
    isPendingUninstall: z.boolean().nullish(),
    infected: z.boolean().nullish(),
    activeThreats: z.number().nullish(),
    missingPermissions: words,
    userActionsNeeded: words,
  })
  .transform((row): SentinelOneAgentRecord => ({
    vendorAgentId: row.id,
    uuid: row.uuid,
    computerName: row.computerName ?? '',
    serialNumber: row.serialNumber || null,
    siteId: row.siteId,
    siteName: row.siteName ?? null,
    accountId: row.accountId ?? null,
    groupId: row.groupId ?? null,
    agentVersion: row.agentVersion ?? null,
    os: row.osType ?? null,
    isActive: row.isActive,
    isDecommissioned: row.isDecommissioned ?? false,
    isUninstalled: row.isUninstalled ?? false,
    isPendingUninstall: row.isPendingUninstall ?? false,
    infected: row.infected ?? false,
    activeThreats: row.activeThreats ?? 0,
    networkStatus: row.networkStatus ?? null,
    lastActiveAt: row.lastActiveDate ?? null,
    registeredAt: row.registeredAt ?? null,
    scanStatus: row.scanStatus ?? null,
    scanStartedAt: row.scanStartedAt ?? null,
    scanFinishedAt: row.scanFinishedAt ?? null,
    lastSuccessfulScanAt: row.lastSuccessfulScanDate ?? null,
    operationalState: row.operationalState ?? null,
    mitigationMode: row.mitigationMode ?? null,
    missingPermissions: row.missingPermissions ?? [],
    userActionsNeeded: (row.userActionsNeeded ?? []).filter((action) => action !== 'none'),
  }));

export interface AgentSearch extends SentinelOneScope {
  readonly uuids?: readonly string[];
  readonly ids?: readonly string[];
  readonly computerName?: string;
}

/** So many uuids fit into one address. */
const uuidsPerCall = 50;

function slices(values: readonly string[] | undefined): readonly (readonly string[] | undefined)[] {
  if (values === undefined) return [undefined];
  const count = Math.ceil(values.length / uuidsPerCall);
  return Array.from({ length: count }, (_, at) => values.slice(at * uuidsPerCall, (at + 1) * uuidsPerCall));
}

/** Everything that fits, decommissioned agents included (SentinelOne hides them unless asked). */
export async function findAgents(
  client: SentinelOneClient,
  search: AgentSearch,
  signal?: AbortSignal,
): Promise<readonly SentinelOneAgentRecord[]> {
  const found: SentinelOneAgentRecord[] = [];
  for (const uuids of slices(search.uuids)) {
    const query = { ...search, uuids, isDecommissioned: ['true', 'false'] };
    const { items } = await readList(client, { path: 'agents', query, item: agentRow, signal });
    found.push(...items);
  }
  return found;
}

/**
 * The record of one device: by uuid; else, when nothing has that uuid, the only one of that name and serial number in
 * the site. Names alone are not unique.
 */
export async function findAgentOfDevice(
  client: SentinelOneClient,
  device: {
    readonly uuid: string;
    readonly siteId: string;
    readonly computerName: string;
    readonly serialNumber: string | null;
  },
  signal?: AbortSignal,
): Promise<SentinelOneAgentRecord | null> {
  const [byUuid] = await findAgents(client, { uuids: [device.uuid] }, signal);
  if (byUuid !== undefined || device.serialNumber === null) return byUuid ?? null;
  const named = await findAgents(client, { siteIds: [device.siteId], computerName: device.computerName }, signal);
  const same = named.filter((agent) => agent.serialNumber === device.serialNumber);
  return same.length === 1 ? (same[0] ?? null) : null;
}

export interface Waiting {
  readonly timing: Timing;
  readonly limitMs: number;
  readonly everyMs: number;
  readonly signal?: AbortSignal;
}

/** A fresh agent takes minutes to appear: asks until it does; null when the time is up. */
export async function waitForAgent(
  client: SentinelOneClient,
  uuid: string,
  waiting: Waiting,
): Promise<SentinelOneAgentRecord | null> {
  const until = waiting.timing.now() + waiting.limitMs;
  for (;;) {
    const [agent] = await findAgents(client, { uuids: [uuid] }, waiting.signal);
    if (agent !== undefined) return agent;
    if (waiting.timing.now() + waiting.everyMs > until) return null;
    await waiting.timing.sleep(waiting.everyMs, waiting.signal);
    waiting.signal?.throwIfAborted();
  }
}
