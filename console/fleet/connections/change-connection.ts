/** Another API token, address or certificate authority for a connection that exists: tried before it takes its place. */
import { Fault } from '#protocol/codes.ts';
import { checkColumns, scopeOf, siteRow, tokenPlace } from '#console/fleet/connections/connection-row.ts';
import type { ConnectionParts } from '#console/fleet/connections/connections.ts';
import { lookAround } from '#console/fleet/connections/enable-connection.ts';
import { sentinelOneOrigin } from '#console/sentinelone/address.ts';
import { newSentinelOneClient } from '#console/sentinelone/client.ts';
import { readApiToken } from '#console/sentinelone/token-shape.ts';
import {
  changeConnection,
  listConnections,
  replaceSites,
  type ConnectionRow,
} from '#console/store/sentinelone/connections.ts';

export interface ConnectionSettings {
  readonly name: string;
  readonly address: string;
  /** null: only the public authorities. */
  readonly caPem: string | null;
  /** Needed when address or authority change (G16). */
  readonly apiToken?: string | undefined;
}

type Place = Pick<ConnectionRow, 'address' | 'ca_pem'>;

/** A token that was renewed or lost before is no matter any more. */
const freshRenewal = {
  token_next_sealed: null,
  token_created_at: null,
  token_expires_at: null,
  renewing_until: null,
  renewal_started_at: null,
  renewal_next_at: null,
  renewal_problem: null,
};

async function demandOwnUser(parts: ConnectionParts, row: ConnectionRow, userId: string | undefined): Promise<void> {
  const others = (await listConnections(parts.store.read)).filter((one) => one.connection_id !== row.connection_id);
  const same = others.find((one) => one.address === row.address && one.user_id !== null && one.user_id === userId);
  if (same !== undefined)
    throw new Fault('sentinelone.token-in-use', `The connection ${same.name} uses the API token of the same user.`);
}

/** Mappings are tied to the account: a token of another account would leave them pointing nowhere. */
async function takeToken(
  parts: ConnectionParts,
  row: ConnectionRow,
  pasted: string,
  place: Place,
): Promise<ConnectionRow> {
  const { store, sealer, clock, timing } = parts;
  const { apiToken } = readApiToken(pasted);
  const trial = newSentinelOneClient({ origin: place.address, caPem: place.ca_pem, apiToken, timing });
  const known = await lookAround(trial, scopeOf(row)).finally(() => trial.close());
  if (known.account.id !== row.account_id)
    throw new Fault('request.conflict', 'this API token is for another SentinelOne account; enable it as another one');
  await demandOwnUser(parts, { ...row, ...place }, known.check.owner?.id);
  const nowMs = clock.now();
  const change = {
    ...freshRenewal,
    ...place,
    host: new URL(place.address).host,
    ...checkColumns(known.check, nowMs),
    token_sealed: sealer.seal(tokenPlace(row.connection_id, 'token_sealed'), apiToken),
  };
  await store.write(async (db) => {
    await changeConnection(db, row.connection_id, change);
    const rows = known.sites.map((site) => siteRow(row.connection_id, site, nowMs));
    await replaceSites(db, row.connection_id, rows);
  });
  return { ...row, ...change };
}

export function replaceToken(parts: ConnectionParts, row: ConnectionRow, apiToken: string): Promise<ConnectionRow> {
  return takeToken(parts, row, apiToken, { address: row.address, ca_pem: row.ca_pem });
}

export async function changeSettings(
  parts: ConnectionParts,
  row: ConnectionRow,
  wanted: ConnectionSettings,
): Promise<ConnectionRow> {
  const address = sentinelOneOrigin(wanted.address, { loopbackAllowed: parts.loopbackAllowed });
  const caPem = wanted.caPem === null || wanted.caPem.trim() === '' ? null : wanted.caPem;
  const moved = address !== row.address || caPem !== row.ca_pem;
  if (moved && wanted.apiToken === undefined) {
    const detail = 'changing the address or the certificate authority needs the API token again';
    throw new Fault('request.invalid', detail);
  }
  const changed =
    wanted.apiToken === undefined ? row : await takeToken(parts, row, wanted.apiToken, { address, ca_pem: caPem });
  const { name } = wanted;
  if (name !== row.name) await parts.store.write((db) => changeConnection(db, row.connection_id, { name }));
  return { ...changed, name };
}
