/** Users by id, roles, service users: who may do what. */
import {
  badRequest,
  data,
  dataOf,
  forbidden,
  listAnswer,
  notFound,
  parameters,
  within,
  type Answer,
  type Exchange,
  type Route,
} from '#test/worlds/sentinelone/exchange.ts';
import { pagesOf } from '#test/worlds/sentinelone/rights.ts';
import { vendorTime, type User } from '#test/worlds/sentinelone/tenant.ts';
import { lifetime, newApiToken, scopeRolesOf, showUser } from '#test/worlds/sentinelone/user-routes.ts';

/** A role of its own for each user keeps the stand-in small. */
const roleOf = (user: User): Record<string, unknown> & { id: string } => ({
  id: `9${user.id.slice(1)}`,
  name: `Role of ${user.fullName}`,
  description: 'Deploys agents',
  predefinedRole: false,
  scope: user.scope,
  scopeId: user.scopeIds[0] ?? null,
  usersInRoles: 1,
});

function userById({ tenant, params }: Exchange): User {
  const user = tenant.users.find(({ id, kind }) => id === params['id'] && kind === 'user');
  if (user === undefined) throw notFound();
  return user;
}

function serviceUserById({ tenant, params }: Exchange): User {
  const user = tenant.users.find(({ id, kind }) => id === params['id'] && kind === 'service-user');
  if (user === undefined) throw notFound();
  return user;
}

function showServiceUser(user: User, exchange: Exchange): Record<string, unknown> {
  return {
    id: user.id,
    name: user.fullName,
    description: null,
    scope: user.scope,
    scopeRoles: scopeRolesOf(user, exchange.tenant),
    apiToken: lifetime(user.apiToken),
    lastActivation: null,
    createdBy: { id: '1', name: 'Administrator' },
    updatedBy: null,
  };
}

/** The end of the new token is asked for; the old token dies at once. */
function serviceUserToken(exchange: Exchange): Answer {
  if (!exchange.settings.serviceUserTokenRoute) throw notFound();
  const user = serviceUserById(exchange);
  const { expirationDate } = dataOf(exchange.body);
  const expiresAtMs = typeof expirationDate === 'string' ? Date.parse(expirationDate) : Number.NaN;
  if (Number.isNaN(expiresAtMs) || expiresAtMs <= exchange.now) throw badRequest('expirationDate: Invalid value');
  return newApiToken(exchange, user, expiresAtMs - exchange.now);
}

export const roleRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'users/:id',
    permission: 'Users.view',
    query: [],
    handle: (exchange) => {
      const user = userById(exchange);
      return data({ ...showUser(user, exchange.tenant), account: exchange.tenant.accounts[0], pages: pagesOf(user) });
    },
  },
  {
    method: 'GET',
    path: 'users',
    permission: 'Users.view',
    query: parameters(`email ids accountIds siteIds roleIds hasValidApiToken canGenerateApiToken`),
    handle: (exchange) =>
      listAnswer(
        exchange.tenant.users.filter((user) => user.kind === 'user' && within(exchange.query, 'email', user.email)),
        exchange,
        (user) => showUser(user, exchange.tenant),
      ),
  },
  {
    method: 'GET',
    path: 'rbac/roles',
    permission: 'Roles.view',
    query: parameters(`includeParents includeChildren accountIds siteIds query`),
    handle: (exchange) => listAnswer(exchange.tenant.users.map(roleOf), exchange, (role) => role),
  },
  {
    method: 'GET',
    path: 'rbac/role',
    permission: 'Roles.view',
    query: [],
    handle: () => data({ name: null, description: null, pages: [] }),
  },
  {
    method: 'GET',
    path: 'rbac/role/:id',
    permission: 'Roles.view',
    query: [],
    handle: (exchange) => {
      const user = exchange.tenant.users.find((one) => roleOf(one).id === exchange.params['id']);
      if (user === undefined) throw notFound();
      return data({ ...roleOf(user), pages: pagesOf(user) });
    },
  },
  {
    method: 'GET',
    path: 'service-users',
    permission: 'Service Users.view',
    query: parameters(`ids query roleIds siteIds accountIds`),
    handle: (exchange) =>
      listAnswer(
        exchange.tenant.users.filter((user) => user.kind === 'service-user' && within(exchange.query, 'ids', user.id)),
        exchange,
        (user) => showServiceUser(user, exchange),
      ),
  },
  {
    method: 'POST',
    path: 'service-users/:id/generate-api-token',
    permission: 'Service Users.edit',
    query: [],
    handle: serviceUserToken,
  },
  {
    method: 'GET',
    path: 'activities',
    permission: 'Activity Page.view',
    query: parameters(`activityTypes agentIds siteIds accountIds createdAt__gt includeHidden`),
    handle: (exchange) => {
      if (exchange.user.scopeIds.length === 0 && exchange.user.scope !== 'tenant') throw forbidden();
      return listAnswer(
        exchange.tenant.agents.map((agent) => ({
          id: agent.id,
          activityType: 47,
          agentId: agent.id,
          siteId: agent.siteId,
          createdAt: vendorTime(agent.registeredAtMs),
          primaryDescription: `${agent.computerName} registered`,
        })),
        exchange,
        (row) => row,
      );
    },
  },
];
