/** System, the caller's own user, and API tokens. */
import {
  data,
  dataOf,
  forbidden,
  vendorError,
  type Answer,
  type Exchange,
  type Route,
} from '#test/worlds/sentinelone/exchange.ts';
import {
  issueToken,
  newJwtValue,
  newTokenValue,
  vendorTime,
  type IssuedToken,
  type Tenant,
  type User,
} from '#test/worlds/sentinelone/tenant.ts';

export function lifetime(token: IssuedToken | null): { createdAt: string; expiresAt: string } | null {
  return token && { createdAt: vendorTime(token.createdAtMs), expiresAt: vendorTime(token.expiresAtMs) };
}

/** One token a user: the new one kills the old one in the same moment. */
export function newApiToken(exchange: Exchange, user: User, lifetimeMs: number): Answer {
  const { generateTokenMode: mode, tokenFormat } = exchange.settings;
  if (mode === 'conflict') return vendorError(409, 4_090_010, 'Conflict', 'Token already generated');
  if (mode === 'refused') throw forbidden('user lacks permission');
  const value = tokenFormat === 'jwt' ? newJwtValue(user, exchange.now + lifetimeMs) : newTokenValue();
  user.apiToken = issueToken(exchange.now, value, lifetimeMs);
  exchange.changed();
  return { ...data({ token: value }), reset: mode === 'lost-response' };
}

function generateToken(exchange: Exchange): Answer {
  const { user, settings } = exchange;
  if (!user.canGenerateApiToken || (user.kind === 'service-user' && !settings.serviceUserMayRenew)) throw forbidden();
  return newApiToken(exchange, user, settings.tokenLifetimeMs);
}

/** The one read that takes the token in its body; it answers 400 for a token it does not know. */
function tokenDetails(exchange: Exchange): Answer {
  const wanted = dataOf(exchange.body)['apiToken'];
  const found = exchange.tenant.users.find(({ apiToken }) => apiToken !== null && apiToken.value === wanted)?.apiToken;
  if (!found) return vendorError(400, 4_000_010, 'Validation Error', 'Invalid API token');
  return data(lifetime(found));
}

export function scopeRolesOf(user: User, tenant: Tenant): unknown[] {
  const scopes = [...tenant.accounts, ...tenant.sites].filter(({ id }) => user.scopeIds.includes(id));
  const roleId = `9${user.id.slice(1)}`;
  const roleName = `Role of ${user.fullName}`;
  return scopes.map(({ id, name }) => ({ id, name, accountName: 'Acme', roleId, roleName, roles: [roleName] }));
}

export function showUser(user: User, tenant: Tenant): Record<string, unknown> {
  return {
    id: user.id,
    email: user.email,
    fullName: user.fullName,
    scope: user.scope,
    scopeRoles: scopeRolesOf(user, tenant),
    apiToken: lifetime(user.apiToken),
    canGenerateApiToken: user.canGenerateApiToken,
    twoFaEnabled: user.twoFa !== 'none',
    twoFaStatus: user.twoFa === 'none' ? 'not_configured' : 'configured',
    isSystem: false,
    source: user.source,
    agreedEula: true,
  };
}

function whoAmI({ user, tenant, settings }: Exchange): Answer {
  if (user.kind === 'service-user' && !settings.serviceUserMayAskWho) throw forbidden();
  return data(showUser(user, tenant));
}

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
  get('user', 'Users.view', whoAmI),
  get('users/:id/api-token-details', 'Users.view', userLifetime),
  post('users/api-token-details', null, tokenDetails),
  post('users/generate-api-token', anyone, generateToken),
];
