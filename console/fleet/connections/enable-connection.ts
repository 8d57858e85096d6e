/**
 * Enabling a SentinelOne console, by API token or by user name and password: everything is checked before anything is
 * kept, and before a new API token ends an old one. Password and code are used here and forgotten.
 */
import { asFault, Fault } from '#protocol/codes.ts';
import {
  accountOf,
  checkColumns,
  demandUsable,
  lifetimeColumns,
  newRow,
  siteRow,
  tokenPlace,
  type Account,
} from '#console/fleet/connections/connection-row.ts';
import type { ConnectionParts } from '#console/fleet/connections/connections.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { sentinelOneOrigin } from '#console/sentinelone/address.ts';
import { newSentinelOneClient, type SentinelOneClient } from '#console/sentinelone/client.ts';
import { checkConnection, knock, type ConnectionCheck } from '#console/sentinelone/connection-check.ts';
import { signIn, signOut } from '#console/sentinelone/sign-in.ts';
import { listSites, type SentinelOneScope, type SentinelOneSite } from '#console/sentinelone/sites.ts';
import { generateToken } from '#console/sentinelone/token-generation.ts';
import { tokenLifetime } from '#console/sentinelone/token-owner.ts';
import { readApiToken, readSiteId } from '#console/sentinelone/token-shape.ts';
import {
  addConnection,
  changeConnection,
  listConnections,
  replaceSites,
  type ConnectionRow,
} from '#console/store/sentinelone/connections.ts';
import { isUniqueViolation } from '#console/store/store.ts';

export interface ConnectionWords {
  readonly name: string;
  readonly address: string;
  /** An additional certificate authority in PEM. */
  readonly caPem?: string | undefined;
  /** Narrows the connection to one site. */
  readonly siteId?: string | undefined;
  /** Asked for when the API token reaches several accounts. */
  readonly accountId?: string | undefined;
}

export interface EnableByToken extends ConnectionWords {
  readonly apiToken: string;
}

export interface EnableByPassword extends ConnectionWords {
  readonly username: string;
  readonly password: string;
  /** Six digits of the authenticator; undefined: not asked for yet. */
  readonly code?: string | undefined;
  /** The user's own API token, if it has one, may be ended. */
  readonly replaceToken: boolean;
}

interface Known {
  readonly check: ConnectionCheck;
  readonly sites: readonly SentinelOneSite[];
  readonly account: Account;
}

function scopeFor({ siteId, accountId }: ConnectionWords): SentinelOneScope {
  if (siteId !== undefined && siteId.trim() !== '') return { siteIds: [readSiteId(siteId)] };
  return accountId === undefined || accountId === '' ? {} : { accountIds: [accountId] };
}

/** What this client may see and do; throws whatever makes it no connection. */
export async function lookAround(client: SentinelOneClient, scope: SentinelOneScope): Promise<Known> {
  const check = await checkConnection(client, scope);
  demandUsable(check);
  const { items: sites } = await listSites(client, scope);
  if (scope.siteIds !== undefined && sites.length === 0)
    throw new Fault('sentinelone.not-found', `The API token sees no site ${scope.siteIds.join(', ')}`);
  return { check, sites, account: accountOf(sites) };
}

/** One connection an account, and one an API user: renewing one's token would end the other's. */
async function demandNew(parts: ConnectionParts, origin: string, { check, account }: Known): Promise<void> {
  const rows = (await listConnections(parts.store.read)).filter((row) => row.address === origin);
  const same = rows.find((row) => row.account_id === account.id);
  if (same !== undefined)
    throw new Fault('request.conflict', `this SentinelOne account is enabled already: ${same.name}`);
  const user = check.owner === null ? undefined : rows.find((row) => row.user_id === check.owner?.id);
  if (user !== undefined)
    throw new Fault('sentinelone.token-in-use', `The connection ${user.name} uses the API token of the same user.`);
}

interface Keeping {
  readonly wanted: ConnectionWords;
  readonly origin: string;
  readonly scope: SentinelOneScope;
  readonly apiToken: string;
  readonly known: Known;
}

async function keep(
  parts: ConnectionParts,
  { wanted, origin, scope, apiToken, known }: Keeping,
): Promise<ConnectionRow> {
  const { store, sealer, clock } = parts;
  const connectionId = newId('con');
  const nowMs = clock.now();
  const place = { connectionId, name: wanted.name, origin, caPem: wanted.caPem ?? null, account: known.account };
  const row: ConnectionRow = {
    ...newRow({ ...place, siteId: scope.siteIds?.[0] ?? null }, nowMs),
    ...checkColumns(known.check, nowMs),
    token_sealed: sealer.seal(tokenPlace(connectionId, 'token_sealed'), apiToken),
  };
  try {
    await store.write(async (db) => {
      await addConnection(db, row);
      const rows = known.sites.map((site) => siteRow(connectionId, site, nowMs));
      await replaceSites(db, connectionId, rows);
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw new Fault('request.conflict', 'this SentinelOne account is enabled already');
    throw error;
  }
  return row;
}

export async function enableByToken(parts: ConnectionParts, wanted: EnableByToken): Promise<ConnectionRow> {
  const origin = sentinelOneOrigin(wanted.address, { loopbackAllowed: parts.loopbackAllowed });
  const { apiToken } = readApiToken(wanted.apiToken);
  const scope = scopeFor(wanted);
  const client = newSentinelOneClient({ origin, apiToken, caPem: wanted.caPem ?? null, timing: parts.timing });
  try {
    const known = await lookAround(client, scope);
    await demandNew(parts, origin, known);
    return await keep(parts, { wanted, origin, scope, apiToken, known });
  } finally {
    client.close();
  }
}

function demandTokenFree({ check }: Known, replaceToken: boolean, nowMs: number): void {
  const { owner } = check;
  if (owner?.mayGenerate === false) {
    const detail = 'An administrator of SentinelOne must allow this user to generate API tokens first.';
    throw new Fault('sentinelone.renewal-refused', detail);
  }
  if (owner === null && !replaceToken) {
    const detail = 'SentinelOne does not tell whether this user has an API token; whoever uses it would lose access.';
    throw new Fault('sentinelone.token-in-use', detail);
  }
  const held = owner?.apiToken ?? null;
  if (held === null || replaceToken || Date.parse(held.expiresAt) <= nowMs) return;
  throw new Fault(
    'sentinelone.token-in-use',
    `It is valid until ${held.expiresAt.slice(0, 10)}; whoever uses it would lose access.`,
  );
}

export type EnabledByPassword =
  | { readonly kind: 'code-required' }
  | { readonly kind: 'enabled'; readonly row: ConnectionRow };

export async function enableByPassword(parts: ConnectionParts, wanted: EnableByPassword): Promise<EnabledByPassword> {
  const { timing, clock, store } = parts;
  const origin = sentinelOneOrigin(wanted.address, { loopbackAllowed: parts.loopbackAllowed });
  const scope = scopeFor(wanted);
  const settings = { origin, caPem: wanted.caPem ?? null, timing };
  const stranger = newSentinelOneClient({ ...settings, apiToken: '' });
  await knock(stranger).finally(() => stranger.close());
  const { username, password, code = null } = wanted;
  const signed = await signIn(settings, { username, password, code });
  if (signed.kind === 'code-required') return signed;
  try {
    const known = await lookAround(signed.client, scope);
    await demandNew(parts, origin, known);
    demandTokenFree(known, wanted.replaceToken, clock.now());
    const apiToken = await generateToken(signed.client).catch((error: unknown) => {
      const fault = asFault(error);
      if (fault.code !== 'sentinelone.permission') throw fault;
      throw new Fault('sentinelone.renewal-refused', fault.message, { cause: fault });
    });
    const row = await keep(parts, { wanted, origin, scope, apiToken, known });
    const client = newSentinelOneClient({ ...settings, apiToken });
    const change = lifetimeColumns(await tokenLifetime(client).finally(() => client.close()));
    if (Object.keys(change).length > 0) await store.write((db) => changeConnection(db, row.connection_id, change));
    return { kind: 'enabled', row: { ...row, ...change } };
  } finally {
    await signOut(signed.client);
  }
}
