/** A connection as a row: from what a check says to columns, and back to a scope. Pure. */
import type { FaultRecord } from '#protocol/codes.ts';
import { Fault } from '#protocol/codes.ts';
import type { ConnectionCheck } from '#console/sentinelone/connection-check.ts';
import { siteProblem, type SentinelOneScope, type SentinelOneSite } from '#console/sentinelone/sites.ts';
import type { TokenLifetime } from '#console/sentinelone/token-owner.ts';
import type { ConnectionRow, SiteRow } from '#console/store/sentinelone/connections.ts';

/** Where a token's seal belongs to. */
export const tokenPlace = (connectionId: string, field: 'token_sealed' | 'token_next_sealed') => ({
  table: 'connections',
  row: connectionId,
  field,
});

export function scopeOf(row: Pick<ConnectionRow, 'site_id' | 'account_id'>): SentinelOneScope {
  if (row.site_id !== null) return { siteIds: [row.site_id] };
  return row.account_id === '' ? {} : { accountIds: [row.account_id] };
}

export function siteRow(connectionId: string, site: SentinelOneSite, nowMs: number): SiteRow {
  const problem = siteProblem(site, nowMs);
  return {
    connection_id: connectionId,
    site_id: site.id,
    name: site.name,
    state: problem === 'deleted' || problem === 'expired' ? problem : 'active',
    account_name: site.accountName,
    is_default: site.isDefault ? 1 : 0,
    expires_at: site.expiresAt === null ? null : Date.parse(site.expiresAt),
    licences_used: site.activeLicenses,
    licences_total: site.totalLicenses,
  };
}

/** Times of a token as columns; what was not told leaves the columns as they are. */
export function lifetimeColumns(token: TokenLifetime | null) {
  if (token === null) return {};
  const createdMs = token.createdAt === null ? Number.NaN : Date.parse(token.createdAt);
  const expiresMs = Date.parse(token.expiresAt);
  return {
    ...(Number.isNaN(expiresMs) ? {} : { token_expires_at: expiresMs }),
    ...(Number.isNaN(createdMs) ? {} : { token_created_at: createdMs }),
  };
}

const missingRights = (check: Pick<ConnectionCheck, 'rows'>): string[] =>
  check.rows.filter((row) => row.required && row.result === 'missing').map((row) => row.permission);

/** What a check says, as columns. */
export function checkColumns(check: ConnectionCheck, nowMs: number) {
  const missing = missingRights(check);
  const lacking: FaultRecord | null =
    missing.length === 0 ? null : new Fault('sentinelone.permission', `missing: ${missing.join(', ')}`).toRecord();
  const problem = check.fault ?? lacking;
  const permissions = check.rows.map(({ permission, neededFor, feature, required, result, how }) => ({
    permission,
    neededFor,
    feature,
    required,
    granted: result === 'could-not-tell' ? null : result === 'ok',
    how: how.slice(0, 200),
  }));
  const { owner } = check;
  return {
    problem: problem === null ? null : JSON.stringify(problem),
    // An address or token that does not work says nothing of the rights: what was known of them stays.
    ...(check.rows.length === 0 ? {} : { permissions: JSON.stringify(permissions) }),
    checked_at: nowMs,
    ...lifetimeColumns(check.token),
    ...(owner === null ? {} : { user_id: owner.id, user_kind: owner.kind, user_name: owner.name, scope: owner.scope }),
  };
}

export function demandUsable(check: ConnectionCheck): void {
  if (check.fault !== null) throw new Fault(check.fault.code, check.fault.detail, { context: check.fault.context });
  if (check.usable) return;
  const missing = check.rows.filter((row) => row.required && row.result !== 'ok').map((row) => row.permission);
  throw new Fault('sentinelone.permission', `The API token lacks: ${missing.join(', ')}`);
}

export interface Account {
  readonly id: string;
  readonly name: string | null;
}

/** The one account a connection stands for: that of its sites. Several of them must be chosen from. */
export function accountOf(sites: readonly SentinelOneSite[]): Account {
  const accounts = new Map(sites.map((site) => [site.accountId, site.accountName]));
  const [first] = accounts;
  if (first === undefined) throw new Fault('sentinelone.permission', 'The API token sees no site.');
  if (accounts.size > 1) {
    const names = [...accounts].slice(0, 20).map(([id, name]) => `${name} (${id})`);
    throw new Fault('sentinelone.choose-account', names.join(', '), { context: { accounts: accounts.size } });
  }
  return { id: first[0], name: first[1] };
}

export interface NewConnection {
  readonly connectionId: string;
  readonly name: string;
  readonly origin: string;
  readonly caPem: string | null;
  readonly siteId: string | null;
  readonly account: Account;
}

export function newRow(wanted: NewConnection, nowMs: number): ConnectionRow {
  return {
    connection_id: wanted.connectionId,
    name: wanted.name,
    address: wanted.origin,
    host: new URL(wanted.origin).host,
    account_id: wanted.account.id,
    account_name: wanted.account.name,
    scope: 'unknown',
    user_id: null,
    user_kind: null,
    user_name: null,
    site_id: wanted.siteId,
    token_sealed: '',
    token_expires_at: null,
    token_created_at: null,
    checked_at: null,
    problem: null,
    permissions: '[]',
    created_at: nowMs,
    sites_read_at: nowMs,
    packages_read_at: null,
    ca_pem: wanted.caPem,
    token_next_sealed: null,
    renewing_until: null,
    renewal_started_at: null,
    renewal_next_at: null,
    renewal_problem: null,
    renewed_at: null,
    stopped_at: null,
    agents_read_at: null,
    packages_problem: null,
    download_starts: null,
  };
}
