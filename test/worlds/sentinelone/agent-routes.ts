/** Enrolled agents: list, count and the actions on them. */
import {
  badRequest,
  contains,
  data,
  forbidden,
  list,
  listAnswer,
  parameters,
  within,
  type Answer,
  type Exchange,
  type Route,
} from '#test/worlds/sentinelone/exchange.ts';
import { vendorTime, visibleSites, type EnrolledAgent } from '#test/worlds/sentinelone/tenant.ts';

const agentParameters = parameters(`
  ids uuid uuids computerName computerName__contains computerName__like serialNumber__contains
  networkInterfacePhysical__contains externalId__contains siteIds accountIds groupIds isActive
  isUpToDate isDecommissioned isUninstalled infected osTypes machineTypes networkStatuses scanStatus
  scanStatuses missingPermissions userActionsNeeded operationalStates installerTypes agentVersions
  query lastActiveDate__gt lastActiveDate__lt registeredAt__gt updatedAt__gt updatedAt__gte
`);

function isActive(agent: EnrolledAgent, exchange: Exchange): boolean {
  return !agent.isDecommissioned && exchange.now - agent.lastActiveAtMs < exchange.settings.inactiveAfterMs;
}

function scanStatus(agent: EnrolledAgent, exchange: Exchange): string {
  if (agent.scanStartedAtMs === null) return 'none';
  if (agent.scanAbortedAtMs !== null && agent.scanAbortedAtMs >= agent.scanStartedAtMs) return 'aborted';
  return exchange.now < agent.scanStartedAtMs + exchange.settings.scanDurationMs ? 'started' : 'finished';
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : vendorTime(ms);
}

function show(agent: EnrolledAgent, exchange: Exchange): Record<string, unknown> {
  const site = exchange.tenant.sites.find(({ id }) => id === agent.siteId);
  const account = exchange.tenant.accounts.find(({ id }) => id === site?.accountId);
  const group = exchange.tenant.groups.find(({ id }) => id === agent.groupId);
  const status = scanStatus(agent, exchange);
  const scanEnd = (agent.scanStartedAtMs ?? 0) + exchange.settings.scanDurationMs;
  const {
    hiddenForPolls: _hidden,
    registeredAtMs,
    lastActiveAtMs,
    scanStartedAtMs,
    scanAbortedAtMs,
    lastScanEndMs: _end,
    ...fields
  } = agent;
  return {
    ...fields,
    siteName: site?.name ?? '',
    accountId: account?.id ?? '',
    accountName: account?.name ?? '',
    groupName: group?.name ?? '',
    externalId: '',
    isActive: isActive(agent, exchange),
    isUpToDate: true,
    networkStatus: isActive(agent, exchange) ? 'connected' : 'disconnected',
    lastActiveDate: vendorTime(lastActiveAtMs),
    registeredAt: vendorTime(registeredAtMs),
    createdAt: vendorTime(registeredAtMs),
    updatedAt: vendorTime(lastActiveAtMs),
    scanStatus: status,
    scanStartedAt: timeOrNull(scanStartedAtMs),
    scanFinishedAt: status === 'finished' ? vendorTime(scanEnd) : null,
    scanAbortedAt: timeOrNull(scanAbortedAtMs),
    lastSuccessfulScanDate: status === 'finished' ? vendorTime(scanEnd) : timeOrNull(agent.lastScanEndMs ?? null),
    fullDiskScanLastUpdatedAt: timeOrNull(scanStartedAtMs),
    consoleMigrationStatus: 'N/A',
    networkInterfaces: [],
    firstFullModeTime: null,
  };
}

/** Decommissioned agents are hidden unless asked for. */
function passesLifecycle(agent: EnrolledAgent, query: Map<string, string>): boolean {
  const asked = list(query, 'isDecommissioned') ?? ['false'];
  return asked.includes(String(agent.isDecommissioned)) && within(query, 'isUninstalled', String(agent.isUninstalled));
}

function matches(agent: EnrolledAgent, query: Map<string, string>, exchange: Exchange): boolean {
  const site = exchange.tenant.sites.find(({ id }) => id === agent.siteId);
  return (
    passesLifecycle(agent, query) &&
    within(query, 'ids', agent.id) &&
    within(query, 'uuid', agent.uuid) &&
    within(query, 'uuids', agent.uuid) &&
    (query.get('computerName') ?? agent.computerName) === agent.computerName &&
    contains(query, 'computerName__contains', agent.computerName) &&
    contains(query, 'computerName__like', agent.computerName) &&
    contains(query, 'serialNumber__contains', agent.serialNumber) &&
    contains(query, 'query', agent.computerName) &&
    within(query, 'siteIds', agent.siteId) &&
    within(query, 'accountIds', site?.accountId ?? '') &&
    within(query, 'groupIds', agent.groupId) &&
    within(query, 'osTypes', agent.osType) &&
    within(query, 'isActive', String(isActive(agent, exchange))) &&
    within(query, 'infected', String(agent.infected)) &&
    within(query, 'scanStatus', scanStatus(agent, exchange)) &&
    within(query, 'scanStatuses', scanStatus(agent, exchange)) &&
    within(query, 'agentVersions', agent.agentVersion)
  );
}

function visibleAgents(exchange: Exchange): EnrolledAgent[] {
  const sites = new Set(visibleSites(exchange.tenant, exchange.user).map((site) => site.id));
  return exchange.tenant.agents.filter((agent) => sites.has(agent.siteId));
}

/** A fresh agent stays out of the first few answers that would show it. */
function appeared(agents: readonly EnrolledAgent[]): EnrolledAgent[] {
  return agents.filter((agent) => {
    if (agent.hiddenForPolls === 0) return true;
    agent.hiddenForPolls -= 1;
    return false;
  });
}

function queryOfFilter(filter: Record<string, unknown>): Map<string, string> {
  const known = new Set<string>(agentParameters);
  return new Map(
    Object.entries(filter).map(([name, value]) => {
      if (!known.has(name)) throw badRequest(`${name}: Unknown field`);
      return [name, Array.isArray(value) ? value.join(',') : String(value)];
    }),
  );
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** An action without any filter would reach every agent and is refused. */
function act(exchange: Exchange, change: (agent: EnrolledAgent, values: Record<string, unknown>) => boolean): Answer {
  const filter = queryOfFilter(objectOf(exchange.body['filter']));
  if (filter.size === 0) throw badRequest('filter: At least one filter is required');
  const values = objectOf(exchange.body['data']);
  const chosen = visibleAgents(exchange).filter((agent) => matches(agent, filter, exchange));
  const affected = chosen.filter((agent) => change(agent, values)).length;
  exchange.changed();
  return data({ affected });
}

function startScan(exchange: Exchange): Answer {
  return act(exchange, (agent) => {
    const before = scanStatus(agent, exchange);
    if (before === 'started') return false;
    if (before === 'finished') agent.lastScanEndMs = (agent.scanStartedAtMs ?? 0) + exchange.settings.scanDurationMs;
    agent.scanStartedAtMs = exchange.now;
    agent.scanAbortedAtMs = null;
    return true;
  });
}

function abortScan(exchange: Exchange): Answer {
  return act(exchange, (agent) => {
    if (scanStatus(agent, exchange) !== 'started') return false;
    agent.scanAbortedAtMs = exchange.now;
    return true;
  });
}

function moveToSite(exchange: Exchange): Answer {
  if (exchange.user.scope === 'site') throw forbidden('Not allowed to site users');
  return act(exchange, (agent, values) => {
    const target = visibleSites(exchange.tenant, exchange.user).find(({ id }) => id === values['targetSiteId']);
    if (target === undefined) throw badRequest('targetSiteId: Invalid value');
    agent.siteId = target.id;
    agent.groupId = exchange.tenant.groups.find(({ siteId }) => siteId === target.id)?.id ?? '';
    return true;
  });
}

function action(name: string, permission: string, handle: (exchange: Exchange) => Answer): Route {
  return { method: 'POST', path: `agents/actions/${name}`, permission, query: [], handle };
}

function count(exchange: Exchange): Answer {
  const total = visibleAgents(exchange).filter((agent) => matches(agent, exchange.query, exchange)).length;
  return data({ total });
}

export const agentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'agents',
    permission: 'Endpoints.view',
    query: agentParameters,
    handle: (exchange) =>
      listAnswer(
        appeared(visibleAgents(exchange).filter((agent) => matches(agent, exchange.query, exchange))),
        exchange,
        (agent) => show(agent, exchange),
      ),
  },
  { method: 'GET', path: 'agents/count', permission: 'Endpoints.view', query: agentParameters, handle: count },
  action('initiate-scan', 'Endpoints.initiateScan', startScan),
  action('abort-scan', 'Endpoints.abortScan', abortScan),
  action('move-to-site', 'Endpoints.moveToAnotherSite', moveToSite),
];
