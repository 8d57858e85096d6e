/** Devices that SentinelOne has in another site than the one of their organisation, and moving them there. */
import { Fault } from '#protocol/codes.ts';
import type { Elsewhere } from '#console/api/vendor-actions.ts';
import type { Scope } from '#console/auth/scope.ts';
import type { Connections } from '#console/fleet/connections/connections.ts';
import { plainText } from '#console/fleet/link/report-row.ts';
import { findAgents, type SentinelOneAgentRecord } from '#console/sentinelone/agents.ts';
import { consoleScope } from '#console/auth/scope.ts';
import { listMappings, type MappingRow } from '#console/store/sentinelone/mappings.ts';
import type { Db } from '#console/store/store.ts';
import { claimsOf, type Claim } from '#console/store/sentinelone/vendor-agents.ts';

const isLive = (agent: SentinelOneAgentRecord): boolean => !agent.isDecommissioned && !agent.isUninstalled;

/** Names of one machine: SentinelOne keeps the short one, systems often tell the long one. */
function sameName(one: string, other: string): boolean {
  const short = (name: string): string => name.toLowerCase().split('.')[0] ?? '';
  return short(one) !== '' && short(one) === short(other);
}

interface Around {
  /** Sites of other organisations here. */
  readonly foreignSites: ReadonlySet<string>;
  /** How many devices tell an agent id. */
  readonly claimants: ReadonlyMap<string, number>;
}

/** The id came from the device, which may have told somebody else's: what does not fit is not moved from here. */
function refusalToMove(claim: Claim, agent: SentinelOneAgentRecord, around: Around): Elsewhere['refusal'] {
  if ((around.claimants.get(claim.agent_uuid.toLowerCase()) ?? 0) > 1) return 'claimed-twice';
  if (around.foreignSites.has(agent.siteId)) return 'site-of-another-organisation';
  return sameName(claim.hostname, agent.computerName) ? null : 'name-differs';
}

const everything = consoleScope('move-to-site');

async function aroundOf(db: Db, mapping: MappingRow): Promise<Around> {
  const others = (await listMappings(db, everything)).filter(
    (row) => row.connection_id === mapping.connection_id && row.organisation_id !== mapping.organisation_id,
  );
  const claimants = new Map<string, number>();
  for (const { agent_uuid } of await claimsOf(db, everything, mapping.connection_id))
    claimants.set(agent_uuid.toLowerCase(), (claimants.get(agent_uuid.toLowerCase()) ?? 0) + 1);
  return { foreignSites: new Set(others.map((row) => row.site_id)), claimants };
}

export async function devicesElsewhere(
  db: Db,
  connections: Connections,
  of: { readonly scope: Scope; readonly mapping: MappingRow },
): Promise<Elsewhere[]> {
  const { mapping, scope } = of;
  const claims = (await claimsOf(db, scope, mapping.connection_id)).filter(
    (claim) => claim.organisation_id === mapping.organisation_id && /^[\w-]{1,100}$/.test(claim.agent_uuid),
  );
  if (claims.length === 0) return [];
  const { client, row } = await connections.client(mapping.connection_id);
  const uuids = [...new Set(claims.map((claim) => claim.agent_uuid))];
  const agents = (await findAgents(client, { ...connections.scopeOf(row), uuids })).filter(isLive);
  const byUuid = Map.groupBy(agents, (agent) => agent.uuid.toLowerCase());
  const around = await aroundOf(db, mapping);
  return claims.flatMap((claim) => {
    const own = byUuid.get(claim.agent_uuid.toLowerCase()) ?? [];
    const [agent] = own;
    if (agent === undefined || own.some((one) => one.siteId === mapping.site_id)) return [];
    return [
      {
        deviceId: claim.device_id,
        hostname: claim.hostname,
        vendorAgentId: agent.vendorAgentId,
        computerName: plainText(agent.computerName).slice(0, 200),
        siteName: agent.siteName === null ? null : plainText(agent.siteName).slice(0, 200),
        refusal: refusalToMove(claim, agent, around),
      },
    ];
  });
}

/** The rows that were asked for, or the fault that says why one cannot be moved. */
export function demandMovable(rows: readonly Elsewhere[], deviceId: string): Elsewhere {
  const row = rows.find((one) => one.deviceId === deviceId);
  if (row === undefined) throw new Fault('not-found', 'SentinelOne does not have this device in another site');
  if (row.refusal !== null) throw new Fault('request.conflict', `not moved from here: ${row.refusal}`);
  return row;
}
