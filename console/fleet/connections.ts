/** Connections to SentinelOne: enabled with an API token that goes in and never comes out (G16). */
import type { FaultRecord } from '#protocol/codes.ts';
import { asFault, Fault } from '#protocol/codes.ts';
import type { Clock } from '#console/context.ts';
import { newId } from '#console/fleet/enrolment.ts';
import type { SiteTokens } from '#console/fleet/site-tokens.ts';
import type { Sealer } from '#console/secrets.ts';
import { sentinelOneOrigin } from '#console/sentinelone/address.ts';
import { checkConnection, type ConnectionCheck } from '#console/sentinelone/connection-check.ts';
import { newSentinelOneClient, type SentinelOneClient } from '#console/sentinelone/client.ts';
import { groupToken } from '#console/sentinelone/groups.ts';
import {
  listSites,
  siteProblem,
  siteToken,
  type SentinelOneScope,
  type SentinelOneSite,
} from '#console/sentinelone/sites.ts';
import type { Timing } from '#console/sentinelone/timing.ts';
import {
  addConnection,
  changeConnection,
  findConnection,
  listConnections,
  replaceSites,
  type ConnectionRow,
  type SiteRow,
} from '#console/store/connections.ts';
import { isUniqueViolation, type Store } from '#console/store/store.ts';

export interface ConnectionParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly timing: Timing;
  /** Development and tests: a SentinelOne stand-in on this machine. */
  readonly loopbackAllowed: boolean;
}

export interface EnableConnection {
  readonly name: string;
  readonly address: string;
  readonly apiToken: string;
  readonly siteId?: string | undefined;
}

export interface Connections {
  enable(wanted: EnableConnection): Promise<ConnectionRow>;
  replaceToken(connectionId: string, apiToken: string): Promise<ConnectionRow>;
  /** Asks SentinelOne now; what it says is stored, not thrown. */
  check(connectionId: string): Promise<ConnectionRow>;
  refreshSites(connectionId: string): Promise<void>;
  client(connectionId: string): Promise<{ readonly client: SentinelOneClient; readonly row: ConnectionRow }>;
  scopeOf(row: ConnectionRow): SentinelOneScope;
  readonly siteTokens: SiteTokens;
  close(): void;
}

const placeOf = (connectionId: string) => ({ table: 'connections', row: connectionId, field: 'token_sealed' });

function scopeOf(row: Pick<ConnectionRow, 'site_id' | 'account_id'>): SentinelOneScope {
  if (row.site_id !== null) return { siteIds: [row.site_id] };
  return row.account_id === '' ? {} : { accountIds: [row.account_id] };
}

function siteRow(connectionId: string, site: SentinelOneSite, nowMs: number): SiteRow {
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

/** What a check says, as columns. */
function checkColumns(check: ConnectionCheck, nowMs: number) {
  const missing = check.rows.filter((row) => row.needed && row.result === 'missing').map((row) => row.permission);
  const lacking: FaultRecord | null =
    missing.length === 0 ? null : new Fault('sentinelone.permission', `missing: ${missing.join(', ')}`).toRecord();
  const problem = check.fault ?? lacking;
  const permissions = check.rows.map((row) => ({
    permission: row.permission,
    neededFor: row.feature,
    required: row.needed,
    granted: row.result === 'could-not-tell' ? null : row.result === 'ok',
  }));
  const expires = check.token?.expiresAt;
  return {
    problem: problem === null ? null : JSON.stringify(problem),
    permissions: JSON.stringify(permissions),
    checked_at: nowMs,
    ...(expires === undefined ? {} : { token_expires_at: Date.parse(expires) }),
    ...(check.owner === null ? {} : { user_name: check.owner.email, scope: check.owner.scope.toLowerCase() }),
  };
}

function demandUsable(check: ConnectionCheck): void {
  if (check.fault !== null) throw new Fault(check.fault.code, check.fault.detail, { context: check.fault.context });
  if (check.usable) return;
  const missing = check.rows.filter((row) => row.needed && row.result !== 'ok').map((row) => row.permission);
  throw new Fault('sentinelone.permission', `The API token lacks: ${missing.join(', ')}`);
}

interface Account {
  readonly id: string;
  readonly name: string | null;
}

/** The one account a connection stands for: that of its sites. */
function accountOf(check: ConnectionCheck, sites: readonly SentinelOneSite[]): Account {
  const named = check.owner?.scope.toLowerCase() === 'account' ? check.owner.scopeIds[0] : undefined;
  const site = named === undefined ? sites[0] : (sites.find((one) => one.accountId === named) ?? sites[0]);
  if (site === undefined) throw new Fault('sentinelone.permission', 'The API token sees no site.');
  return { id: named ?? site.accountId, name: site.accountName };
}

function newRow(wanted: EnableConnection, origin: string, account: Account, nowMs: number): ConnectionRow {
  return {
    connection_id: newId('con'),
    name: wanted.name,
    address: origin,
    host: new URL(origin).host,
    account_id: account.id,
    account_name: account.name,
    scope: 'unknown',
    user_id: null,
    user_name: null,
    site_id: wanted.siteId ?? null,
    token_sealed: '',
    token_expires_at: null,
    checked_at: null,
    problem: null,
    permissions: '[]',
    created_at: nowMs,
    sites_read_at: nowMs,
    packages_read_at: null,
  };
}

async function enable(parts: ConnectionParts, wanted: EnableConnection): Promise<ConnectionRow> {
  const origin = sentinelOneOrigin(wanted.address, { loopbackAllowed: parts.loopbackAllowed });
  const client = newSentinelOneClient({ origin, apiToken: wanted.apiToken, timing: parts.timing });
  try {
    const scope: SentinelOneScope = wanted.siteId === undefined ? {} : { siteIds: [wanted.siteId] };
    const check = await checkConnection(client, scope);
    demandUsable(check);
    const { items: sites } = await listSites(client, scope);
    const nowMs = parts.clock.now();
    const fresh = newRow(wanted, origin, accountOf(check, sites), nowMs);
    const tokenSealed = parts.sealer.seal(placeOf(fresh.connection_id), wanted.apiToken);
    const row = { ...fresh, ...checkColumns(check, nowMs), token_sealed: tokenSealed };
    await parts.store.write(async (db) => {
      await addConnection(db, row);
      const rows = sites.map((site) => siteRow(row.connection_id, site, nowMs));
      await replaceSites(db, row.connection_id, rows);
    });
    return row;
  } catch (error) {
    if (isUniqueViolation(error)) throw new Fault('request.conflict', 'this SentinelOne console is enabled already');
    throw error;
  } finally {
    client.close();
  }
}

async function found(store: Store, connectionId: string): Promise<ConnectionRow> {
  const row = await findConnection(store.read, connectionId);
  if (row === null) throw new Fault('not-found', 'there is no such connection');
  return row;
}

interface Opened {
  readonly client: SentinelOneClient;
  readonly row: ConnectionRow;
}

/** One client a connection, made anew when its API token changed. */
function createClients({ store, sealer, timing }: ConnectionParts) {
  const clients = new Map<string, { readonly tokenSealed: string; readonly client: SentinelOneClient }>();
  return {
    async open(connectionId: string): Promise<Opened> {
      const row = await found(store, connectionId);
      const known = clients.get(connectionId);
      if (known?.tokenSealed === row.token_sealed) return { row, client: known.client };
      known?.client.close();
      const apiToken = sealer.open(placeOf(connectionId), row.token_sealed);
      const client = newSentinelOneClient({ origin: row.address, apiToken, timing });
      clients.set(connectionId, { tokenSealed: row.token_sealed, client });
      return { row, client };
    },
    close() {
      for (const { client } of clients.values()) client.close();
      clients.clear();
    },
  };
}

async function check({ store, clock }: ConnectionParts, { row, client }: Opened): Promise<ConnectionRow> {
  const change = checkColumns(await checkConnection(client, scopeOf(row)), clock.now());
  await store.write((db) => changeConnection(db, row.connection_id, change));
  return { ...row, ...change };
}

/** The new token is tried before it takes the place of the old one. */
async function replaceToken(parts: ConnectionParts, row: ConnectionRow, apiToken: string): Promise<ConnectionRow> {
  const { store, sealer, clock, timing } = parts;
  const trial = newSentinelOneClient({ origin: row.address, apiToken, timing });
  const result = await checkConnection(trial, scopeOf(row)).finally(() => trial.close());
  demandUsable(result);
  const tokenSealed = sealer.seal(placeOf(row.connection_id), apiToken);
  const change = { ...checkColumns(result, clock.now()), token_sealed: tokenSealed };
  await store.write((db) => changeConnection(db, row.connection_id, change));
  return { ...row, ...change };
}

async function refreshSites({ store, clock }: ConnectionParts, { row, client }: Opened): Promise<void> {
  const { items } = await listSites(client, scopeOf(row));
  const nowMs = clock.now();
  const rows = items.map((site) => siteRow(row.connection_id, site, nowMs));
  await store.write(async (db) => {
    await replaceSites(db, row.connection_id, rows);
    await changeConnection(db, row.connection_id, { sites_read_at: nowMs });
  });
}

export function createConnections(parts: ConnectionParts): Connections {
  const clients = createClients(parts);
  return {
    enable: (wanted) => enable(parts, wanted),
    client: (connectionId) => clients.open(connectionId),
    check: async (connectionId) => check(parts, await clients.open(connectionId)),
    replaceToken: async (connectionId, apiToken) =>
      replaceToken(parts, await found(parts.store, connectionId), apiToken),
    refreshSites: async (connectionId) => refreshSites(parts, await clients.open(connectionId)),
    scopeOf,
    siteTokens: {
      async read({ connectionId, siteId, groupId }) {
        const { client } = await clients.open(connectionId);
        return groupId === null ? siteToken(client, siteId) : groupToken(client, groupId);
      },
    },
    close: () => clients.close(),
  };
}

/** Looks at every connection and its sites; a failure is kept as its problem. */
export async function checkAll(connections: Connections, store: Store): Promise<void> {
  for (const row of await listConnections(store.read)) {
    try {
      await connections.check(row.connection_id);
      await connections.refreshSites(row.connection_id);
    } catch (error) {
      const problem = JSON.stringify(asFault(error).toRecord());
      await store.write((db) => changeConnection(db, row.connection_id, { problem }));
    }
  }
}
