/** GET threats, nested as in v2.1. */
import { list, listAnswer, parameters, within, type Exchange, type Route } from '#test/worlds/sentinelone/exchange.ts';
import { nextId, vendorTime, visibleSites, type Tenant, type Threat } from '#test/worlds/sentinelone/tenant.ts';

export function addThreat(tenant: Tenant, threat: Partial<Threat> & { agentId: string }, now: number): Threat {
  const added: Threat = {
    id: nextId(tenant),
    threatName: 'eicar.com',
    classification: 'Malware',
    confidenceLevel: 'malicious',
    mitigationStatus: 'not_mitigated',
    incidentStatus: 'unresolved',
    filePath: '/home/ann/eicar.com',
    createdAtMs: now,
    ...threat,
  };
  tenant.threats.push(added);
  return added;
}

function show(threat: Threat, { tenant }: Exchange): Record<string, unknown> {
  const agent = tenant.agents.find(({ id }) => id === threat.agentId);
  const { agentId, createdAtMs, id, ...info } = threat;
  return {
    id,
    threatInfo: {
      ...info,
      threatId: id,
      analystVerdict: 'undefined',
      sha1: null,
      sha256: null,
      md5: null,
      initiatedBy: 'agent_policy',
      identifiedAt: vendorTime(createdAtMs),
      createdAt: vendorTime(createdAtMs),
      updatedAt: vendorTime(createdAtMs),
    },
    agentDetectionInfo: { agentUuid: agent?.uuid ?? null },
    agentRealtimeInfo: {
      agentId,
      agentUuid: agent?.uuid ?? null,
      agentComputerName: agent?.computerName ?? null,
      siteId: agent?.siteId ?? null,
    },
    mitigationStatus: [],
    indicators: [],
  };
}

export const threatRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'threats',
    permission: 'Threats.view',
    query: parameters(`
      ids agentIds siteIds accountIds resolved incidentStatuses mitigationStatuses createdAt__gt createdAt__lt
    `),
    handle(exchange) {
      const { tenant, user, query } = exchange;
      const sites = new Set(visibleSites(tenant, user).map(({ id }) => id));
      const resolved = list(query, 'resolved');
      const found = tenant.threats.filter((threat) => {
        const siteId = tenant.agents.find(({ id }) => id === threat.agentId)?.siteId ?? '';
        return (
          sites.has(siteId) &&
          within(query, 'agentIds', threat.agentId) &&
          within(query, 'siteIds', siteId) &&
          within(query, 'incidentStatuses', threat.incidentStatus) &&
          within(query, 'mitigationStatuses', threat.mitigationStatus) &&
          (resolved === null || resolved.includes(String(threat.incidentStatus === 'resolved')))
        );
      });
      return listAnswer(found, exchange, (threat) => show(threat, exchange));
    },
  },
];
