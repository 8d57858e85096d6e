/** A site that somebody chose, proved with its site token before it is saved. */
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { hostOf, readSiteToken } from '#installers/sentinelone/site-token.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { listGroups } from '#console/sentinelone/groups.ts';
import { findSite } from '#console/store/sentinelone/connections.ts';
import type { MappingRow } from '#console/store/sentinelone/mappings.ts';

export interface Choice {
  readonly connectionId: string;
  readonly siteId: string;
  readonly groupId: string | null;
}

/** What the site token of the chosen site says: the console it leads to must be one that the owner key allowed (G1). */
async function tokenFacts(side: OperatorSide, site: Choice) {
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

async function groupName(side: OperatorSide, choice: Choice): Promise<string | null> {
  if (choice.groupId === null) return null;
  const { client } = await side.connections.client(choice.connectionId);
  const group = (await listGroups(client, choice.siteId)).items.find((row) => row.id === choice.groupId);
  if (group === undefined || !group.takesEnrolments)
    throw new Fault('not-found', 'there is no group of this id that takes new devices');
  return group.name;
}

/** Faults when no device could enrol there; saves nothing. */
export async function chosenRow(
  side: OperatorSide,
  who: { readonly operator: { readonly name: string } },
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
