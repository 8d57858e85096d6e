/** System, users, API tokens and roles. */
import {
  data,
  listAnswer,
  parameters,
  unauthorized,
  vendorError,
  type Answer,
  type Exchange,
  type Route,
} from '#test/worlds/sentinelone/exchange.ts';
import { issueToken, vendorTime, type IssuedToken, type User } from '#test/worlds/sentinelone/tenant.ts';

function lifetime(token: IssuedToken | null): { createdAt: string; expiresAt: string } | null {
  return token && { createdAt: vendorTime(token.createdAtMs), expiresAt: vendorTime(token.expiresAtMs) };
}

function dataOf(body: Record<string, unknown>): Record<string, unknown> {
  const inner = body['data'];
  return typeof inner === 'object' && inner !== null ? { ...inner } : {};
}

/** One token a user: the new one kills the old one in the same moment. */
function generateToken(exchange: Exchange): Answer {
  const mode = exchange.settings.generateTokenMode;
  if (mode === 'conflict') return vendorError(409, 4_090_010, 'Conflict', 'Token already generated');
  exchange.user.apiToken = issueToken(exchange.now);
  exchange.changed();
  return { ...data({ token: exchange.user.apiToken.value }), reset: mode === 'lost-response' };
}

/** The one read that takes the token in its body; it answers 400 for a token it does not know. */
function tokenDetails(exchange: Exchange): Answer {
  const wanted = dataOf(exchange.body)['apiToken'];
  const found = exchange.tenant.users.find(({ apiToken }) => apiToken !== null && apiToken.value === wanted)?.apiToken;
  if (!found) return vendorError(400, 4_000_010, 'Validation Error', 'Invalid API token');
  return data(lifetime(found));
}

function login(exchange: Exchange): Answer {
  const { username, password } = exchange.body;
  const user = exchange.tenant.users.find(({ email }) => email === username);
  if (user === undefined || user.password === null || user.password !== password) throw unauthorized();
  const session = issueToken(exchange.now, undefined, 3_600_000);
  user.sessions.push(session);
  return data({ token: session.value, status: 'verified', twoFaMethod: null, csrf: null });
}

function whoAmI({ user, tenant }: Exchange): Record<string, unknown> {
  const scopes = [...tenant.accounts, ...tenant.sites].filter(({ id }) => user.scopeIds.includes(id));
  return {
    id: user.id,
    email: user.email,
    fullName: user.fullName,
    scope: user.scope,
    scopeRoles: scopes.map(({ id, name }) => ({ id, name, roleId: '1', roleName: 'Garrison', roles: ['Garrison'] })),
    apiToken: lifetime(user.apiToken),
    canGenerateApiToken: true,
    twoFaEnabled: false,
    isSystem: false,
    source: 'mgmt',
  };
}

const roles = [
  {
    id: '1',
    name: 'Garrison',
    description: 'Deploys agents',
    predefinedRole: false,
    scope: 'account',
    usersInRoles: 1,
  },
  { id: '2', name: 'Viewer', description: 'Reads', predefinedRole: true, scope: 'tenant', usersInRoles: 0 },
];

/** A permission nobody has to be given. */
const anyone = '';

function get(path: string, permission: string | null, handle: (exchange: Exchange) => Answer): Route {
  return { method: 'GET', path, permission, query: [], handle };
}

function post(path: string, permission: string | null, handle: (exchange: Exchange) => Answer): Route {
  return { method: 'POST', path, permission, query: [], handle };
}

function userLifetime(exchange: Exchange): Answer {
  const wanted: User | undefined = exchange.tenant.users.find(({ id }) => id === exchange.params['id']);
  return wanted === undefined
    ? vendorError(404, 4_040_010, 'The requested resource was not found')
    : data(lifetime(wanted.apiToken));
}

export const userRoutes: readonly Route[] = [
  get('system/status', null, () => data({ health: 'ok' })),
  get('system/info', anyone, () =>
    data({ build: '24.2.2#43', version: 'S-24.2.2', release: 'S-24.2', patch: '2', latestAgentVersion: '24.2.2.20' }),
  ),
  get('user', 'Users.view', (exchange) => data(whoAmI(exchange))),
  get('users/:id/api-token-details', 'Users.view', userLifetime),
  post('users/api-token-details', null, tokenDetails),
  post('users/generate-api-token', anyone, generateToken),
  post('users/login', null, login),
  {
    method: 'GET',
    path: 'rbac/roles',
    permission: 'Roles.view',
    query: parameters(`includeParents includeChildren accountIds siteIds query`),
    handle: (exchange) => listAnswer(roles, exchange, (role) => role),
  },
  get('rbac/role', 'Roles.view', () => data({ name: null, description: null, pages: [] })),
];
