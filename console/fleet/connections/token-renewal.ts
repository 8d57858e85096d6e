/**
 * Renewing an API token before it ends. SentinelOne ends the old token in the moment it makes the new one, so this is a
 * commit in two steps: note that it begins, ask, keep the answer sealed beside the old token, prove it, and only then
 * forget the old one. One process at a time. Whatever happens ends in a token that works or in a problem with a remedy.
 */
import { asFault, Fault, type FaultCode } from '#protocol/codes.ts';
import { lifetimeColumns, tokenPlace } from '#console/fleet/connections/connection-row.ts';
import type { ConnectionParts } from '#console/fleet/connections/connections.ts';
import { nextTryMs, renewAtMs } from '#console/fleet/connections/renewal-times.ts';
import { newSentinelOneClient, type SentinelOneClient } from '#console/sentinelone/client.ts';
import { renewOwnToken } from '#console/sentinelone/token-generation.ts';
import { ownerOf, tokenLifetime } from '#console/sentinelone/token-owner.ts';
import {
  changeConnection,
  changeConnectionWhile,
  claimRenewal,
  findConnection,
  listConnections,
  type ConnectionRow,
} from '#console/store/sentinelone/connections.ts';

/** `busy`: another process is at it. `later`: nothing was changed, or SentinelOne could not be asked whether. */
export type Renewal = 'renewed' | 'busy' | 'later' | 'needs-person';

const claimMs = 10 * 60_000;
/** Tries to keep a new token in a database that fails: it exists nowhere else. */
const keepTriesMax = 8;

function clientFor(parts: ConnectionParts, row: ConnectionRow, apiToken: string): SentinelOneClient {
  return newSentinelOneClient({ origin: row.address, apiToken, caPem: row.ca_pem, timing: parts.timing });
}

type Life = 'alive' | 'dead' | 'expired' | 'not-told';

/** Opens nothing that needs a right, so that a changed role does not look like a dead token. */
async function lifeOf(client: SentinelOneClient): Promise<Life> {
  try {
    await client.json({ path: 'system/info' });
    return 'alive';
  } catch (error) {
    const { code } = asFault(error);
    if (code === 'sentinelone.token-expired') return 'expired';
    return code === 'sentinelone.token-refused' ? 'dead' : 'not-told';
  }
}

const deadTokens = new Set<FaultCode>([
  'sentinelone.token-lost',
  'sentinelone.token-expired',
  'sentinelone.token-refused',
]);

/** Ends this try with a problem; the claim is given back. */
async function conclude(parts: ConnectionParts, row: ConnectionRow, fault: Fault): Promise<Renewal> {
  const nowMs = parts.clock.now();
  const person = deadTokens.has(fault.code);
  const refused = person || fault.code === 'sentinelone.renewal-refused';
  const change = {
    renewing_until: null,
    renewal_problem: JSON.stringify(fault.toRecord()),
    renewal_next_at: nextTryMs(nowMs, row.token_expires_at, refused),
    ...(person ? { problem: JSON.stringify(fault.toRecord()) } : {}),
  };
  const { connection_id, token_sealed } = row;
  await parts.store.write((db) => changeConnectionWhile(db, { connection_id, token_sealed }, change));
  return refused ? 'needs-person' : 'later';
}

/** After an answer that did not come or did not help: does the old token still work? */
async function lookAfter(parts: ConnectionParts, row: ConnectionRow, failure: Fault): Promise<Renewal> {
  const { sealer } = parts;
  const client = clientFor(parts, row, sealer.open(tokenPlace(row.connection_id, 'token_sealed'), row.token_sealed));
  const life = await lifeOf(client).finally(() => client.close());
  if (life === 'expired') return conclude(parts, row, new Fault('sentinelone.token-expired', failure.message));
  if (life === 'dead') {
    const detail = 'SentinelOne made a new API token, but the answer with it did not arrive.';
    return conclude(parts, row, new Fault('sentinelone.token-lost', `${detail} (${failure.message})`));
  }
  if (failure.code === 'sentinelone.renewal-refused') return conclude(parts, row, failure);
  // The mark stays while it is not known whether SentinelOne acted: the next try asks first.
  if (life === 'alive') {
    const { connection_id } = row;
    await parts.store.write((db) => changeConnection(db, connection_id, { renewal_started_at: null }));
  }
  return conclude(parts, row, new Fault('sentinelone.renewal-failed', failure.message));
}

/** Into the database, however often it takes; false: somebody entered another token meanwhile. */
async function keepNext(parts: ConnectionParts, row: ConnectionRow, apiToken: string): Promise<string | null> {
  const { connection_id, token_sealed } = row;
  const sealed = parts.sealer.seal(tokenPlace(connection_id, 'token_next_sealed'), apiToken);
  for (let tries = 1; ; tries += 1) {
    try {
      const change = { token_next_sealed: sealed, renewal_started_at: null };
      const kept = await parts.store.write((db) => changeConnectionWhile(db, { connection_id, token_sealed }, change));
      return kept ? sealed : null;
    } catch (error) {
      if (tries >= keepTriesMax) throw error;
      await parts.timing.sleep(250 * 2 ** tries);
    }
  }
}

/**
 * The new token is thrown away only for an old one that works: it may be the only one there is, and SentinelOne may know it
 * a little later everywhere.
 */
async function refusedNext(
  parts: ConnectionParts,
  row: ConnectionRow,
  expected: Pick<ConnectionRow, 'connection_id' | 'token_next_sealed'>,
): Promise<Renewal> {
  const { store, sealer } = parts;
  const failure = new Fault('sentinelone.renewal-failed', 'SentinelOne does not accept the new token.');
  const old = clientFor(parts, row, sealer.open(tokenPlace(row.connection_id, 'token_sealed'), row.token_sealed));
  const life = await lifeOf(old).finally(() => old.close());
  if (life === 'alive') await store.write((db) => changeConnectionWhile(db, expected, { token_next_sealed: null }));
  if (life === 'alive' || life === 'not-told') return conclude(parts, row, failure);
  return conclude(parts, row, new Fault('sentinelone.token-lost', failure.message));
}

/** The second step, also after a crash between the two: the kept token takes its place once it is seen to work. */
async function takePlace(parts: ConnectionParts, row: ConnectionRow, nextSealed: string): Promise<Renewal> {
  const { store, sealer, clock } = parts;
  const { connection_id } = row;
  const apiToken = sealer.open(tokenPlace(connection_id, 'token_next_sealed'), nextSealed);
  const client = clientFor(parts, row, apiToken);
  const life = await lifeOf(client);
  const lifetime = life === 'alive' ? await tokenLifetime(client) : null;
  client.close();
  const expected = { connection_id, token_next_sealed: nextSealed };
  if (life === 'not-told') {
    const change = { renewing_until: null, renewal_next_at: clock.now() + 60_000 };
    await store.write((db) => changeConnectionWhile(db, expected, change));
    return 'later';
  }
  if (life !== 'alive') return refusedNext(parts, row, expected);
  const change = {
    token_sealed: sealer.seal(tokenPlace(connection_id, 'token_sealed'), apiToken),
    token_next_sealed: null,
    token_created_at: clock.now(),
    ...lifetimeColumns(lifetime),
    renewing_until: null,
    renewal_started_at: null,
    renewal_next_at: null,
    renewal_problem: null,
    renewed_at: clock.now(),
  };
  const done = await store.write((db) => changeConnectionWhile(db, expected, change));
  return done ? 'renewed' : 'busy';
}

async function ask(parts: ConnectionParts, row: ConnectionRow, client: SentinelOneClient): Promise<string> {
  const lifetime = await tokenLifetime(client);
  const owner = await ownerOf(client, lifetime);
  const nowMs = parts.clock.now();
  const lifeMs =
    lifetime?.createdAt == null ? 180 * 86_400_000 : Date.parse(lifetime.expiresAt) - Date.parse(lifetime.createdAt);
  await parts.store.write((db) => changeConnection(db, row.connection_id, { renewal_started_at: nowMs }));
  return renewOwnToken(client, owner, new Date(nowMs + lifeMs).toISOString());
}

async function renewClaimed(parts: ConnectionParts, row: ConnectionRow): Promise<Renewal> {
  const { connection_id: connectionId } = row;
  const client = clientFor(parts, row, parts.sealer.open(tokenPlace(connectionId, 'token_sealed'), row.token_sealed));
  try {
    const life = await lifeOf(client);
    if (life === 'dead' && row.renewal_started_at === null)
      return await conclude(
        parts,
        row,
        new Fault('sentinelone.token-refused', 'The API token was replaced or revoked.'),
      );
    if (life !== 'alive')
      return await lookAfter(parts, row, new Fault('sentinelone.renewal-failed', 'The API token could not be used.'));
    let apiToken: string;
    try {
      apiToken = await ask(parts, row, client);
    } catch (error) {
      return await lookAfter(parts, row, asFault(error));
    }
    const nextSealed = await keepNext(parts, row, apiToken);
    return nextSealed === null ? 'busy' : await takePlace(parts, row, nextSealed);
  } finally {
    client.close();
  }
}

/** Two that ask at once mean one renewal, also when the second one comes after the first was done. */
const onceMs = 60_000;

/** Renews the API token of one connection now, whatever its age. */
export async function renewToken(parts: ConnectionParts, connectionId: string): Promise<Renewal> {
  const row = await findConnection(parts.store.read, connectionId);
  if (row === null) throw new Fault('not-found', 'there is no such connection');
  if (row.renewed_at !== null && row.renewed_at > parts.clock.now() - onceMs) return 'busy';
  return renewRow(parts, row);
}

/** Renews the token that was seen in `row`; one that another process has replaced since is left alone. */
async function renewRow(parts: ConnectionParts, row: ConnectionRow): Promise<Renewal> {
  if (row.token_next_sealed !== null) return takePlace(parts, row, row.token_next_sealed);
  const nowMs = parts.clock.now();
  const claimed = await parts.store.write((db) => claimRenewal(db, row, { nowMs, untilMs: nowMs + claimMs }));
  return claimed ? renewClaimed(parts, row) : 'busy';
}

/** Whether a round should renew this one now. */
function renewalDue(row: ConnectionRow, nowMs: number): boolean {
  if ((row.renewing_until ?? 0) > nowMs || (row.renewal_next_at ?? 0) > nowMs) return false;
  if (row.token_next_sealed !== null || row.renewal_started_at !== null) return true;
  if (row.token_expires_at === null || row.token_expires_at <= nowMs) return false;
  return renewAtMs({ createdAtMs: row.token_created_at, expiresAtMs: row.token_expires_at }) <= nowMs;
}

/** One look at all connections; one that fails does not keep the others from their turn. */
export async function renewDue(parts: ConnectionParts): Promise<void> {
  for (const row of await listConnections(parts.store.read)) {
    if (!renewalDue(row, parts.clock.now())) continue;
    await renewRow(parts, row).catch(async (error: unknown) => {
      const change = { renewal_problem: JSON.stringify(asFault(error).toRecord()) };
      await parts.store.write((db) => changeConnection(db, row.connection_id, change));
    });
  }
}
