/** Joins a device with SentinelOne's own record of it (G9). Pure. */
import type { VendorLookup, VendorMismatch, VendorRecord } from '#console/api/vendor-record.ts';
import { plainText } from '#console/fleet/link/report-row.ts';
import type { SentinelOneAgentRecord } from '#console/sentinelone/agents.ts';
import type { ProductReport } from '#protocol/report.ts';

export interface Joining {
  /** As the device says: nothing that a joined record may rest on alone. */
  readonly agentUuid: string;
  readonly product: ProductReport | null;
  /** The site that the device's organisation is mapped to. */
  readonly siteId: string;
  readonly nowMs: number;
  /** Whether the asker may learn that something is in another site. */
  readonly maySee: (siteId: string) => boolean;
}

export type Joined = Pick<VendorLookup, 'record' | 'mismatches' | 'otherSite'>;

const isLive = (agent: SentinelOneAgentRecord): boolean => !agent.isDecommissioned && !agent.isUninstalled;

/** Living before gone, then the one heard of last. */
function byMerit(one: SentinelOneAgentRecord, other: SentinelOneAgentRecord): number {
  if (isLive(one) !== isLive(other)) return isLive(one) ? -1 : 1;
  return (other.lastActiveAt ?? '').localeCompare(one.lastActiveAt ?? '');
}

const shortMax = 200;
const shortened = (text: string): string => plainText(text).slice(0, shortMax);
const shortenedOrNull = (text: string | null): string | null => (text === null ? null : shortened(text));

/** The vendor writes microseconds; what is no time at all is left out. */
function timeOrNull(text: string | null): string | null {
  const ms = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

const needsOf = (agent: SentinelOneAgentRecord): string[] => [
  ...new Set([...agent.userActionsNeeded, ...agent.missingPermissions]),
];

function shownRecord(agent: SentinelOneAgentRecord): VendorRecord {
  return {
    vendorAgentId: shortened(agent.vendorAgentId),
    computerName: shortened(agent.computerName),
    siteName: shortenedOrNull(agent.siteName),
    agentVersion: shortenedOrNull(agent.agentVersion),
    isActive: agent.isActive,
    lastActiveAt: timeOrNull(agent.lastActiveAt),
    isDecommissioned: !isLive(agent),
    infected: agent.infected,
    activeThreats: Math.max(0, Math.trunc(agent.activeThreats)),
    networkStatus: shortenedOrNull(agent.networkStatus),
    scanStatus: shortenedOrNull(agent.scanStatus),
    scanStartedAt: timeOrNull(agent.scanStartedAt),
    lastScanAt: timeOrNull(agent.lastSuccessfulScanAt),
    mitigationMode: shortenedOrNull(agent.mitigationMode),
    userActionsNeeded: needsOf(agent).slice(0, 20).map(shortened),
  };
}

/** Without what package formats append: "24.2.2.20-1" is 24.2.2.20. */
const versionOf = (text: string | null): string | null => /^\d+(?:\.\d+)*/.exec(text ?? '')?.[0] ?? null;

function versionDiffers(agent: SentinelOneAgentRecord, product: ProductReport | null): boolean {
  const [there, here] = [versionOf(agent.agentVersion), versionOf(product?.version ?? null)];
  return there !== null && here !== null && there !== here;
}

const dayMs = 86_400_000;

function silentThere({ lastActiveAt }: SentinelOneAgentRecord, nowMs: number): boolean {
  const heardMs = lastActiveAt === null ? Number.NaN : Date.parse(lastActiveAt);
  return heardMs < nowMs - dayMs;
}

/** What a living record says of itself, and what does not fit a device that has the agent. */
function complaints(agent: SentinelOneAgentRecord, installed: boolean, nowMs: number) {
  const { operationalState: state } = agent;
  return [
    ['stale', installed && silentThere(agent, nowMs)],
    ['detect-only', agent.mitigationMode === 'detect'],
    ['switched-off', state !== null && state !== '' && state.toLowerCase() !== 'na'],
    ['pending-uninstall', agent.isPendingUninstall],
    ['user-action-needed', needsOf(agent).length > 0],
  ] as const;
}

/**
 * A record counts only when its site is the one of the device's organisation: the id that found it was sent by the
 * device, which could have sent somebody else's. What is in a site that the asker may not see does not exist.
 */
export function joinRecord(found: readonly SentinelOneAgentRecord[], joining: Joining): Joined {
  const { agentUuid, product, siteId, maySee, nowMs } = joining;
  const same = found.filter((agent) => agent.uuid.toLowerCase() === agentUuid.toLowerCase());
  const here = same.filter((agent) => agent.siteId === siteId).toSorted(byMerit);
  const elsewhere = same.filter((agent) => agent.siteId !== siteId && isLive(agent) && maySee(agent.siteId));
  const record = here[0] ?? null;
  const liveHere = here.filter(isLive);
  const installed = product?.state === 'present';
  const astray = liveHere.length === 0 && elsewhere.length > 0;
  const named: readonly (readonly [VendorMismatch, boolean])[] = [
    ['installed-not-registered', record === null && !astray && installed],
    ['wrong-site', astray],
    ['decommissioned', record !== null && liveHere.length === 0 && !astray && installed],
    ['version-differs', record !== null && isLive(record) && installed && versionDiffers(record, product)],
    ['duplicate', liveHere.length > 1 || (liveHere.length === 1 && elsewhere.length > 0)],
    ...(record !== null && isLive(record) ? complaints(record, installed, nowMs) : []),
  ];
  return {
    record: record === null ? null : shownRecord(record),
    mismatches: named.filter(([, applies]) => applies).map(([name]) => name),
    otherSite: astray ? shortenedOrNull(elsewhere[0]?.siteName ?? null) : null,
  };
}
