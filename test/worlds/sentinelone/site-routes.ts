/** Accounts, sites and groups. */
import { randomBytes } from 'node:crypto';
import {
  badRequest,
  contains,
  data,
  dataOf,
  forbidden,
  json,
  listAnswer,
  notFound,
  parameters,
  page,
  within,
  type Answer,
  type Exchange,
  type Route,
} from '#test/worlds/sentinelone/exchange.ts';
import { addSite, registrationToken, visibleSites, type Group, type Site } from '#test/worlds/sentinelone/tenant.ts';

function activeAgents(exchange: Exchange, siteId: string): number {
  return exchange.tenant.agents.filter((agent) => agent.siteId === siteId && !agent.isDecommissioned).length;
}

/** As listed: without the registration token, which newer consoles leave out. */
function showSite(site: Site, exchange: Exchange): Record<string, unknown> {
  const { siteKey: _siteKey, ...fields } = site;
  return {
    ...fields,
    accountName: exchange.tenant.accounts.find((account) => account.id === site.accountId)?.name ?? '',
    activeLicenses: activeAgents(exchange, site.id),
    unlimitedExpiration: site.expiration === null,
    siteType: 'Paid',
    externalId: null,
    description: null,
    usageType: null,
    sku: 'Complete',
    suite: 'Complete',
    healthStatus: true,
    creator: 'garrison@acme.example',
    creatorId: exchange.user.id,
    updatedAt: site.createdAt,
    licenses: { bundles: [], modules: [], settings: [] },
    ...(exchange.settings.registrationTokenInLists ? { registrationToken: tokenOf(exchange, site.siteKey) } : {}),
  };
}

function tokenOf(exchange: Exchange, siteKey: string): string {
  return registrationToken(exchange.settings.publicUrl, siteKey);
}

function siteMatches(site: Site, exchange: Exchange): boolean {
  const { query } = exchange;
  const token = query.get('registrationToken');
  return (
    within(query, 'siteIds', site.id) &&
    within(query, 'accountIds', site.accountId) &&
    within(query, 'accountId', site.accountId) &&
    within(query, 'states', site.state) &&
    within(query, 'state', site.state) &&
    !(query.get('statesNin')?.split(',') ?? []).includes(site.state) &&
    (query.get('name') ?? site.name) === site.name &&
    contains(query, 'name__contains', site.name) &&
    contains(query, 'query', site.name) &&
    (query.get('isDefault') ?? String(site.isDefault)) === String(site.isDefault) &&
    (token === undefined || token === tokenOf(exchange, site.siteKey))
  );
}

function visibleSite(exchange: Exchange): Site {
  const site = visibleSites(exchange.tenant, exchange.user).find(({ id }) => id === exchange.params['id']);
  if (site === undefined) throw notFound();
  return site;
}

function visibleGroups(exchange: Exchange): Group[] {
  const sites = new Set(visibleSites(exchange.tenant, exchange.user).map((site) => site.id));
  return exchange.tenant.groups.filter((group) => sites.has(group.siteId));
}

function showGroup(group: Group, exchange: Exchange): Record<string, unknown> {
  const { siteKey: _siteKey, ...fields } = group;
  return {
    ...fields,
    inherits: true,
    rank: null,
    filterId: null,
    filterName: null,
    totalAgents: exchange.tenant.agents.filter((agent) => agent.groupId === group.id).length,
    updatedAt: group.createdAt,
  };
}

function groupMatches(group: Group, exchange: Exchange): boolean {
  const { query } = exchange;
  const site = exchange.tenant.sites.find(({ id }) => id === group.siteId);
  const token = query.get('registrationToken');
  return (
    within(query, 'siteIds', group.siteId) &&
    within(query, 'accountIds', site?.accountId ?? '') &&
    within(query, 'groupIds', group.id) &&
    within(query, 'types', group.type) &&
    (query.get('name') ?? group.name) === group.name &&
    contains(query, 'query', group.name) &&
    (token === undefined || token === tokenOf(exchange, group.siteKey))
  );
}

/** Account and global scope only. Without a number of licences it must say that there is no limit. */
function createSite(exchange: Exchange): Answer {
  const { tenant, user, now } = exchange;
  const wanted = dataOf(exchange.body);
  if (user.scope === 'site') throw forbidden('Not allowed to site users');
  const { name, accountId, siteType, totalLicenses, unlimitedLicenses, expiration, unlimitedExpiration } = wanted;
  if (typeof name !== 'string' || name === '') throw badRequest('name: Missing data for required field.');
  const account = tenant.accounts.find(({ id }) => id === accountId);
  if (account === undefined || (user.scope === 'account' && !user.scopeIds.includes(account.id)))
    throw badRequest('accountId: Invalid value');
  if (siteType !== 'Paid' && siteType !== 'Trial') throw badRequest('siteType: Not a valid choice.');
  if (unlimitedLicenses !== true && typeof totalLicenses !== 'number')
    throw badRequest('totalLicenses: Missing data for required field.');
  if (unlimitedExpiration !== true && typeof expiration !== 'string')
    throw badRequest('expiration: Missing data for required field.');
  if (tenant.sites.some((site) => site.name === name && site.accountId === account.id && site.state !== 'deleted'))
    throw badRequest('name: Site name already exists');
  const site = addSite(
    tenant,
    {
      name,
      accountId: account.id,
      unlimitedLicenses: unlimitedLicenses === true,
      totalLicenses: typeof totalLicenses === 'number' ? totalLicenses : 0,
      expiration: typeof expiration === 'string' ? expiration : null,
    },
    now,
  );
  exchange.changed();
  return data(showSite(site, exchange));
}

const siteParameters = parameters(`
  siteIds accountIds accountId name name__contains query state states statesNin siteType isDefault
  externalId sku module features availableMoveSites registrationToken adminOnly
`);
const groupParameters = parameters(`
  siteIds accountIds groupIds name query type types isDefault registrationToken
`);

export const siteRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'accounts',
    permission: 'Accounts.view',
    query: parameters(`ids accountIds name states query`),
    handle(exchange) {
      const { tenant, user, query } = exchange;
      if (user.scope === 'site') throw forbidden('Not allowed to site users');
      const visible = tenant.accounts.filter(
        (account) =>
          (user.scope === 'tenant' || user.scopeIds.includes(account.id)) &&
          within(query, 'ids', account.id) &&
          within(query, 'accountIds', account.id) &&
          within(query, 'states', account.state),
      );
      return listAnswer(visible, exchange, (account) => ({
        ...account,
        accountType: 'Paid',
        usageType: 'customer',
        isDefault: true,
        numberOfSites: tenant.sites.filter((site) => site.accountId === account.id).length,
      }));
    },
  },
  {
    method: 'GET',
    path: 'sites',
    permission: 'Sites.view',
    query: siteParameters,
    handle(exchange) {
      const sites = visibleSites(exchange.tenant, exchange.user).filter((site) => siteMatches(site, exchange));
      const { items, pagination } = page(sites, exchange.query);
      const allSites = {
        activeLicenses: exchange.tenant.agents.length,
        totalLicenses: sites.reduce((sum, site) => sum + site.totalLicenses, 0),
      };
      return json(200, { data: { allSites, sites: items.map((site) => showSite(site, exchange)) }, pagination });
    },
  },
  { method: 'POST', path: 'sites', permission: 'Sites.create', query: [], handle: createSite },
  {
    method: 'PUT',
    path: 'sites/:id/regenerate-key',
    permission: 'Sites.edit',
    query: [],
    handle(exchange) {
      const site = visibleSite(exchange);
      site.siteKey = randomBytes(8).toString('hex');
      exchange.changed();
      return data({ registrationToken: tokenOf(exchange, site.siteKey) });
    },
  },
  {
    method: 'GET',
    path: 'sites/:id',
    permission: 'Sites.view',
    query: [],
    handle: (exchange) => data(showSite(visibleSite(exchange), exchange)),
  },
  {
    method: 'GET',
    path: 'sites/:id/token',
    permission: 'Sites.view',
    query: [],
    handle: (exchange) => data({ token: tokenOf(exchange, visibleSite(exchange).siteKey) }),
  },
  {
    method: 'GET',
    path: 'groups',
    permission: 'Groups.view',
    query: groupParameters,
    handle: (exchange) =>
      listAnswer(
        visibleGroups(exchange).filter((group) => groupMatches(group, exchange)),
        exchange,
        (group) => showGroup(group, exchange),
      ),
  },
  {
    method: 'GET',
    path: 'groups/:id/token',
    permission: 'Groups.view',
    query: [],
    handle(exchange) {
      const group = visibleGroups(exchange).find(({ id }) => id === exchange.params['id']);
      if (group === undefined) throw notFound();
      return data({ token: tokenOf(exchange, group.siteKey) });
    },
  },
];
