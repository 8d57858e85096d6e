/** Connections to SentinelOne: enabled with an API token that goes in and never comes out (G16). */
import { asFault, Fault } from '#protocol/codes.ts';
import type { Clock } from '#console/context.ts';
import { changeSettings, replaceToken, type ConnectionSettings } from '#console/fleet/connections/change-connection.ts';
import { connectionClients, type Opened } from '#console/fleet/connections/connection-clients.ts';
import { checkColumns, scopeOf, siteRow } from '#console/fleet/connections/connection-row.ts';
import {
  enableByPassword,
  enableByToken,
  type EnableByPassword,
  type EnableByToken,
  type EnabledByPassword,
} from '#console/fleet/connections/enable-connection.ts';
import type { SiteTokens } from '#console/fleet/connections/site-tokens.ts';
import { renewDue, renewToken, type Renewal } from '#console/fleet/connections/token-renewal.ts';
import type { Sealer } from '#console/secrets.ts';
import { checkConnection } from '#console/sentinelone/connection-check.ts';
import { groupOfToken, groupToken } from '#console/sentinelone/groups.ts';
import { listSites, siteOfToken, siteToken, type SentinelOneScope } from '#console/sentinelone/sites.ts';
import type { Timing } from '#console/sentinelone/timing.ts';
import {
  changeConnection,
  changeConnectionWhile,
  findConnection,
  listConnections,
  replaceSites,
  type ConnectionRow,
} from '#console/store/sentinelone/connections.ts';
import type { Store } from '#console/store/store.ts';

export interface ConnectionParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly timing: Timing;
  /** Development and tests: a SentinelOne stand-in on this machine. */
  readonly loopbackAllowed: boolean;
}

export interface Connections {
  enable(wanted: EnableByToken): Promise<ConnectionRow>;
  enableByPassword(wanted: EnableByPassword): Promise<EnabledByPassword>;
  replaceToken(connectionId: string, apiToken: string): Promise<ConnectionRow>;
  changeSettings(connectionId: string, wanted: ConnectionSettings): Promise<ConnectionRow>;
  /** Renews the API token now. */
  renew(connectionId: string): Promise<Renewal>;
  /** Renews what is due; also ends renewals that a crash cut off. */
  renewDue(): Promise<void>;
  /** Asks SentinelOne now; what it says is stored, not thrown. */
  check(connectionId: string): Promise<ConnectionRow>;
  refreshSites(connectionId: string): Promise<void>;
  client(connectionId: string): Promise<Opened>;
  scopeOf(row: ConnectionRow): SentinelOneScope;
  readonly siteTokens: SiteTokens;
  close(): void;
}

async function found(store: Store, connectionId: string): Promise<ConnectionRow> {
  const row = await findConnection(store.read, connectionId);
  if (row === null) throw new Fault('not-found', 'there is no such connection');
  return row;
}

async function check({ store, clock }: ConnectionParts, { row, client }: Opened): Promise<ConnectionRow> {
  const change = checkColumns(await checkConnection(client, scopeOf(row)), clock.now());
  // Of a token that was replaced meanwhile nothing is kept: it says nothing about the new one.
  const { connection_id, token_sealed } = row;
  await store.write((db) => changeConnectionWhile(db, { connection_id, token_sealed }, change));
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
  const clients = connectionClients(parts);
  return {
    enable: (wanted) => enableByToken(parts, wanted),
    enableByPassword: (wanted) => enableByPassword(parts, wanted),
    client: (connectionId) => clients.open(connectionId),
    check: async (connectionId) => check(parts, await clients.open(connectionId)),
    replaceToken: async (connectionId, apiToken) =>
      replaceToken(parts, await found(parts.store, connectionId), apiToken),
    changeSettings: async (connectionId, wanted) =>
      changeSettings(parts, await found(parts.store, connectionId), wanted),
    renew: (connectionId) => renewToken(parts, connectionId),
    renewDue: () => renewDue(parts),
    refreshSites: async (connectionId) => refreshSites(parts, await clients.open(connectionId)),
    scopeOf,
    siteTokens: {
      async read({ connectionId, siteId, groupId }) {
        const { client } = await clients.open(connectionId);
        return groupId === null ? siteToken(client, siteId) : groupToken(client, groupId);
      },
      async belongs({ connectionId, siteId, groupId }, token) {
        const { client } = await clients.open(connectionId);
        if (groupId !== null) return (await groupOfToken(client, token)).id === groupId;
        return (await siteOfToken(client, token)).id === siteId;
      },
    },
    close: () => clients.close(),
  };
}

/** A console that was down for a minute must not count as broken until the next round: what has a problem is looked at again. */
export async function recheckBroken(connections: Connections, store: Store): Promise<void> {
  const broken = (await listConnections(store.read)).filter((row) => row.problem !== null);
  for (const row of broken) await connections.check(row.connection_id);
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
