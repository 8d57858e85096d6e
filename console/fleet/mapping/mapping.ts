/** Which site an organisation's devices enrol in, what speaks against it, and what could be suggested. Pure but for the last. */
import type { Mapping } from '#console/api/mappings.ts';
import type { MappingStatus } from '#console/api/mapping-status.ts';
import type { ConnectionRow, SiteRow } from '#console/store/sentinelone/connections.ts';
import type { MappingRow } from '#console/store/sentinelone/mappings.ts';
import type { OrganisationRow } from '#console/store/organisations.ts';

export interface SitesKnown {
  readonly connections: ReadonlyMap<string, ConnectionRow>;
  /** By connection id and site id. */
  readonly sites: ReadonlyMap<string, SiteRow>;
  /** Active ones by folded name, of all connections. */
  readonly byName: ReadonlyMap<string, readonly SiteRow[]>;
}

function siteKeyOf(connectionId: string, siteId: string): string {
  return `${connectionId} ${siteId}`;
}

export function sitesKnown(connections: readonly ConnectionRow[], sites: readonly SiteRow[]): SitesKnown {
  return {
    connections: new Map(connections.map((row) => [row.connection_id, row])),
    sites: new Map(sites.map((row) => [siteKeyOf(row.connection_id, row.site_id), row])),
    byName: Map.groupBy(
      sites.filter((row) => row.state === 'active'),
      (row) => folded(row.name),
    ),
  };
}

/** Why somebody should look at a saved mapping; null: nothing. */
export function concernOf(mapping: MappingRow, known: SitesKnown): Mapping['concern'] {
  if (!known.connections.has(mapping.connection_id)) return 'connection-lost';
  const site = known.sites.get(siteKeyOf(mapping.connection_id, mapping.site_id));
  if (site === undefined || site.state === 'deleted') return 'site-deleted';
  if (site.state === 'expired') return 'site-expired';
  return site.name === mapping.site_name ? null : 'site-renamed';
}

/** A suggestion waits for somebody to confirm it; without one the organisation is unmapped. */
export function statusOf(
  organisation: Pick<OrganisationRow, 'name'> | null,
  mapping: MappingRow | null,
  known: SitesKnown,
): MappingStatus {
  if (mapping === null) {
    return organisation !== null && suggestionFor(organisation, known) !== null ? 'needs-confirmation' : 'unmapped';
  }
  return concernOf(mapping, known) === null ? 'mapped' : 'needs-confirmation';
}

function folded(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '');
}

/** A site that carries the organisation's name, when there is exactly one; equal names in two connections are no hint. */
function suggestionFor(organisation: Pick<OrganisationRow, 'name'>, known: SitesKnown): Mapping['suggestion'] {
  const same = known.byName.get(folded(organisation.name)) ?? [];
  const [site] = same;
  if (site === undefined || same.length > 1) return null;
  return {
    site: {
      connectionId: site.connection_id,
      connectionName: known.connections.get(site.connection_id)?.name ?? '',
      siteId: site.site_id,
      siteName: site.name,
      groupId: null,
      groupName: null,
    },
    why: 'same-name',
  };
}

export function shownMapping(
  organisation: OrganisationRow,
  mapping: MappingRow | null,
  known: SitesKnown,
  devices: number,
): Mapping {
  const common = { organisationId: organisation.organisation_id, organisationName: organisation.name, devices };
  if (mapping === null) {
    const suggestion = suggestionFor(organisation, known);
    const status = suggestion === null ? 'unmapped' : 'needs-confirmation';
    return { ...common, status, site: null, concern: null, suggestion };
  }
  return {
    ...common,
    status: statusOf(organisation, mapping, known),
    site: {
      connectionId: mapping.connection_id,
      connectionName: known.connections.get(mapping.connection_id)?.name ?? '',
      siteId: mapping.site_id,
      siteName: known.sites.get(siteKeyOf(mapping.connection_id, mapping.site_id))?.name ?? mapping.site_name,
      groupId: mapping.group_id,
      groupName: mapping.group_name,
    },
    concern: concernOf(mapping, known),
    suggestion: null,
  };
}
