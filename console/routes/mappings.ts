/** Organisation to site. Nothing is saved that nobody chose. */
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { hostOf, readSiteToken } from '#installers/sentinelone/site-token.ts';
import { mappingRoutes, type Mapping } from '#console/api/mappings.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { Scope } from '#console/auth/scope.ts';
import { shownMapping, sitesKnown } from '#console/fleet/mapping.ts';
import { policyChanged } from '#console/fleet/policy.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Asked, type Server } from '#console/routes/serve.ts';
import { listGroups } from '#console/sentinelone/groups.ts';
import { findSite, listConnections, listSitesOf } from '#console/store/connections.ts';
import { countDevices } from '#console/store/device-list.ts';
import { findMapping, listMappings, removeMapping, writeMapping, type MappingRow } from '#console/store/mappings.ts';
import { findOrganisation, listOrganisations, raisePolicyVersion } from '#console/store/organisations.ts';

async function devicesBy(side: OperatorSide, scope: Scope): Promise<(organisationId: string) => number> {
  const counts = await countDevices(side.devices.store.read, scope, { overdueBeforeMs: 0 });
  return (organisationId) =>
    counts.filter((row) => row.organisation_id === organisationId).reduce((sum, row) => sum + row.devices, 0);
}

async function known(side: OperatorSide) {
  const { read } = side.devices.store;
  return sitesKnown(await listConnections(read), await listSitesOf(read, null));
}

async function one(side: OperatorSide, scope: Scope, organisationId: string): Promise<Mapping> {
  const { read } = side.devices.store;
  const organisation = await findOrganisation(read, scope, organisationId);
  if (organisation === null) throw new Fault('not-found', 'there is no such organisation');
  const devices = (await devicesBy(side, scope))(organisationId);
  return shownMapping(organisation, await findMapping(read, scope, organisationId), await known(side), devices);
}

/** What the site token of the chosen site says: the console it leads to must be one that the owner key allowed (G1). */
async function tokenFacts(side: OperatorSide, site: { connectionId: string; siteId: string; groupId: string | null }) {
  const reading = readSiteToken(await side.connections.siteTokens.read(site));
  if (!reading.ok) throw new Fault('token.malformed', reading.detail);
  const consoleHost = hostOf(reading.url);
  const allowed = side.devices.keys.current().keySet.vendorHosts.map((host) => host.toLowerCase().replace(/:443$/, ''));
  if (!allowed.includes(consoleHost)) {
    const detail = `Devices would refuse ${consoleHost}. Allow it with the owner key: garrison-console key-set add-vendor-host ${consoleHost}`;
    throw new Fault('token.tenant-not-pinned', detail, { context: { host: consoleHost } });
  }
  return { console_host: consoleHost, site_key_sha256: sha256Hex(reading.siteKey) };
}

async function groupName(
  side: OperatorSide,
  choice: { connectionId: string; siteId: string; groupId: string | null },
): Promise<string | null> {
  if (choice.groupId === null) return null;
  const { client } = await side.connections.client(choice.connectionId);
  const group = (await listGroups(client, choice.siteId)).items.find((row) => row.id === choice.groupId);
  if (group === undefined || !group.takesEnrolments)
    throw new Fault('not-found', 'there is no group of this id that takes new devices');
  return group.name;
}

type Choice = Asked<typeof mappingRoutes.choose>['body'];

async function chosenRow(
  side: OperatorSide,
  who: SignedInOperator,
  organisationId: string,
  choice: Choice,
): Promise<MappingRow> {
  const { store, clock } = side.devices;
  const site = await findSite(store.read, choice.connectionId, choice.siteId);
  if (site === null || site.state === 'deleted') throw new Fault('not-found', 'there is no such site');
  if (site.state === 'expired') throw new Fault('request.conflict', 'this site has expired; no device can enrol in it');
  return {
    organisation_id: organisationId,
    connection_id: choice.connectionId,
    site_id: choice.siteId,
    site_name: site.name,
    group_id: choice.groupId,
    group_name: await groupName(side, choice),
    ...(await tokenFacts(side, choice)),
    confirmed_at: clock.now(),
    confirmed_by: who.operator.name,
  };
}

export function registerMappings(server: Server): void {
  const { side } = server;
  const { store } = side.devices;
  const changed = async (organisationId: string): Promise<void> => {
    await policyChanged(side.devices);
    side.hints.publish({ topic: 'mappings', id: null }, organisationId);
    side.hints.publish({ topic: 'organisations', id: null }, organisationId);
  };

  serve(server, mappingRoutes.list, async ({ who }) => {
    const mappings = new Map((await listMappings(store.read, who.scope)).map((row) => [row.organisation_id, row]));
    const sites = await known(side);
    const devices = await devicesBy(side, who.scope);
    const organisations = await listOrganisations(store.read, who.scope);
    return {
      items: organisations.map((row) => {
        const mapping = mappings.get(row.organisation_id) ?? null;
        return shownMapping(row, mapping, sites, devices(row.organisation_id));
      }),
    };
  });

  serve(server, mappingRoutes.choose, async ({ who, params, body }) => {
    demandGlobal(who);
    const { organisationId } = params;
    await one(side, who.scope, organisationId);
    const row = await chosenRow(side, who, organisationId, body);
    await store.write(async (db) => {
      await writeMapping(db, who.scope, row);
      await raisePolicyVersion(db, who.scope, organisationId);
      const detail = { siteId: row.site_id, siteName: row.site_name, consoleHost: row.console_host };
      await auditBy(side, db, who, { action: 'mapping.chosen', subject: organisationId, organisationId, detail });
    });
    await changed(organisationId);
    return one(side, who.scope, organisationId);
  });

  serve(server, mappingRoutes.clear, async ({ who, params }) => {
    const { organisationId } = params;
    await one(side, who.scope, organisationId);
    await store.write(async (db) => {
      await removeMapping(db, who.scope, organisationId);
      await raisePolicyVersion(db, who.scope, organisationId);
      await auditBy(side, db, who, { action: 'mapping.cleared', subject: organisationId, organisationId, detail: {} });
    });
    await changed(organisationId);
    return one(side, who.scope, organisationId);
  });
}
