/** SentinelOne consoles: enabled by global administrators, seen by whoever has an organisation mapped to one (G9, G16). */
import { Fault } from '#protocol/codes.ts';
import { connectionRoutes, connectionSchema, type Connection, type ConnectionSite } from '#console/api/connections.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { Scope } from '#console/auth/scope.ts';
import { iso, isoOrNull, parsedFault } from '#console/fleet/lists/shown.ts';
import { connectionAlarms, renewsAtMs } from '#console/fleet/connections/connection-alarms.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import {
  listConnections,
  listSitesOf,
  type ConnectionRow,
  type SiteRow,
} from '#console/store/sentinelone/connections.ts';
import { countDevices } from '#console/store/devices/device-counts.ts';
import { listMappings, type MappingRow } from '#console/store/sentinelone/mappings.ts';
import { listOrganisations } from '#console/store/organisations.ts';

/** All, or those that the scope's organisations are mapped to. */
export async function visibleConnections(side: OperatorSide, scope: Scope): Promise<ConnectionRow[]> {
  const { read } = side.devices.store;
  const rows = await listConnections(read);
  if (scope.organisations === 'all') return rows;
  const mapped = new Set((await listMappings(read, scope)).map((row) => row.connection_id));
  return rows.filter((row) => mapped.has(row.connection_id));
}

/** A console whose site tokens devices would refuse is no working connection. */
export function connectionProblem(side: OperatorSide, row: ConnectionRow): Connection['problem'] {
  const stored = parsedFault(row.problem);
  if (stored !== null) return stored;
  const allowed = side.devices.keys.current().keySet.vendorHosts;
  if (allowed.some((host) => host.toLowerCase().replace(/:443$/, '') === row.host)) return null;
  const detail = `Devices refuse ${row.host} until the owner key allows it: garrison-console key-set add-vendor-host ${row.host}`;
  return { code: 'token.tenant-not-pinned', detail, context: { host: row.host } };
}

interface Around {
  readonly scope: Scope;
  readonly mappings: readonly MappingRow[];
  readonly devicesOf: ReadonlyMap<string, number>;
}

async function around(side: OperatorSide, scope: Scope): Promise<Around> {
  const { read } = side.devices.store;
  const devicesOf = new Map<string, number>();
  for (const row of await countDevices(read, scope, {})) {
    devicesOf.set(row.organisation_id, (devicesOf.get(row.organisation_id) ?? 0) + row.devices);
  }
  return { scope, mappings: await listMappings(read, scope), devicesOf };
}

async function shown(
  side: OperatorSide,
  row: ConnectionRow,
  { scope, mappings, devicesOf }: Around,
): Promise<Connection> {
  const mapped = mappings.filter((one) => one.connection_id === row.connection_id);
  return {
    connectionId: row.connection_id,
    name: row.name,
    address: row.address,
    host: row.host,
    accountName: row.account_name,
    scope: connectionSchema.shape.scope.catch('unknown').parse(row.scope),
    userName: row.user_name,
    userKind: connectionSchema.shape.userKind.catch(null).parse(row.user_kind),
    siteId: row.site_id,
    ownAuthority: row.ca_pem !== null,
    tokenExpiresAt: isoOrNull(row.token_expires_at),
    renewsAt: isoOrNull(renewsAtMs(row)),
    renewedAt: isoOrNull(row.renewed_at),
    alarms: connectionAlarms(row, side.devices.clock.now()),
    stoppedAt: isoOrNull(row.stopped_at),
    checkedAt: isoOrNull(row.checked_at),
    problem: connectionProblem(side, row),
    permissions: connectionSchema.shape.permissions.catch([]).parse(JSON.parse(row.permissions)),
    sites: (await sitesOf(side, scope, row)).items.length,
    organisations: mapped.length,
    devices: mapped.reduce((sum, one) => sum + (devicesOf.get(one.organisation_id) ?? 0), 0),
  };
}

export function shownSite(site: SiteRow, organisations: string[]): ConnectionSite {
  return {
    siteId: site.site_id,
    name: site.name,
    state: site.state === 'expired' || site.state === 'deleted' ? site.state : 'active',
    accountName: site.account_name,
    isDefault: site.is_default === 1,
    expiresAt: isoOrNull(site.expires_at),
    licencesUsed: site.licences_used,
    licencesTotal: site.licences_total,
    organisations,
  };
}

/** Site names are customers' names: who may see only some organisations sees only the sites these are mapped to (G9). */
async function sitesOf(
  side: OperatorSide,
  scope: Scope,
  row: ConnectionRow,
): Promise<{ items: ConnectionSite[]; refreshedAt: string | null }> {
  const { read } = side.devices.store;
  const names = new Map((await listOrganisations(read, scope)).map((one) => [one.organisation_id, one.name]));
  const mappings = (await listMappings(read, scope)).filter((one) => one.connection_id === row.connection_id);
  const own = new Set(mappings.map((one) => one.site_id));
  const sites = (await listSitesOf(read, row.connection_id)).filter(
    (site) => scope.organisations === 'all' || own.has(site.site_id),
  );
  return {
    items: sites.map((site) =>
      shownSite(
        site,
        mappings.filter((one) => one.site_id === site.site_id).flatMap((one) => names.get(one.organisation_id) ?? []),
      ),
    ),
    refreshedAt: row.sites_read_at === null ? null : iso(row.sites_read_at),
  };
}

export async function visibleConnection(
  side: OperatorSide,
  who: SignedInOperator,
  connectionId: string,
): Promise<ConnectionRow> {
  const row = (await visibleConnections(side, who.scope)).find((one) => one.connection_id === connectionId);
  if (row === undefined) throw new Fault('not-found', 'there is no such connection');
  return row;
}

/** One connection as the asker sees it; 404 for one that is none of its business. */
export async function oneConnection(
  side: OperatorSide,
  who: SignedInOperator,
  connectionId: string,
): Promise<Connection> {
  return shown(side, await visibleConnection(side, who, connectionId), await around(side, who.scope));
}

function registerReading(server: Server): void {
  const { side } = server;
  const changed = (): void => side.hints.publish({ topic: 'connections', id: null }, null);

  serve(server, connectionRoutes.check, async ({ who, params }) => {
    await visibleConnection(side, who, params.connectionId);
    await side.connections.check(params.connectionId);
    changed();
    return oneConnection(side, who, params.connectionId);
  });

  serve(server, connectionRoutes.refreshSites, async ({ who, params }) => {
    await visibleConnection(side, who, params.connectionId);
    await side.connections.refreshSites(params.connectionId);
    changed();
    side.hints.publish({ topic: 'mappings', id: null }, null);
    return sitesOf(side, who.scope, await visibleConnection(side, who, params.connectionId));
  });
}

export function registerConnections(server: Server): void {
  const { side } = server;
  registerReading(server);

  serve(server, connectionRoutes.list, async ({ who }) => {
    const facts = await around(side, who.scope);
    const rows = await visibleConnections(side, who.scope);
    return { items: await Promise.all(rows.map((row) => shown(side, row, facts))) };
  });

  serve(server, connectionRoutes.sites, async ({ who, params }) => {
    return sitesOf(side, who.scope, await visibleConnection(side, who, params.connectionId));
  });
}
