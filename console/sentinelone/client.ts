/** One connection to a SentinelOne console: its address, its API token, its pace and its patience. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import type { Call } from '#console/sentinelone/call.ts';
import { persist, readJson, type Connection, type OpenAnswer, type Patience } from '#console/sentinelone/persist.ts';
import { newLimiter, rateLimits, type RateLimit, type SharedPace } from '#console/sentinelone/rate-limits.ts';
import { downloadPolicy, readPolicy } from '#console/sentinelone/retry.ts';
import type { Timing } from '#console/sentinelone/timing.ts';
import { tokenShape } from '#console/sentinelone/token-shape.ts';
import { newTransport, type Transport } from '#console/sentinelone/transport.ts';

export interface SentinelOneClient {
  readonly origin: string;
  /** The parsed JSON of a 2xx answer. Throws a `sentinelone.…` fault. */
  json(call: Call): Promise<unknown>;
  /** Hands a 2xx body to `consume`; called again from the start when that throws `download.interrupted`. */
  download<T>(call: Call, consume: (answer: OpenAnswer) => Promise<T>): Promise<T>;
  /** Creation and expiry of the own API token. */
  tokenDetails(signal?: AbortSignal): Promise<unknown>;
  close(): void;
}

export interface SentinelOneSettings {
  /** From `sentinelOneOrigin`. */
  readonly origin: string;
  readonly apiToken: string;
  readonly scheme?: 'ApiToken' | 'Token';
  /** An additional certificate authority, pasted. */
  readonly caPem?: string | null;
  readonly timing: Timing;
  readonly rateLimits?: readonly RateLimit[];
  /** For paths whose pace is that of all processes; others are paced here. */
  readonly shared?: SharedPace;
  readonly transport?: Transport;
}

const jsonLimitMs = 60_000;
const downloadLimitMs = 3_600_000;

const jsonPatience: Patience = { policy: readPolicy, limitMs: jsonLimitMs };
const downloadPatience: Patience = { policy: downloadPolicy, limitMs: downloadLimitMs };
const tokenProbe: Call = { path: 'system/info' };

function detailsCall(apiToken: string, signal: AbortSignal | undefined): Call {
  const body = { data: { apiToken } };
  return { method: 'POST', path: 'users/api-token-details', body, repeatable: true, signal };
}

const lifetime = z.object({ data: z.object({ expiresAt: z.string() }) });

/** One answer for a token that is expired, replaced or cut off; only its own end tells the first from the others. */
async function expired(connection: Connection, signal: AbortSignal | undefined): Promise<boolean> {
  const shape = tokenShape(connection.apiToken);
  const { timing } = connection;
  if (shape.kind === 'api-token-jwt' && shape.expiresAtMs !== null) return shape.expiresAtMs <= timing.now();
  const call = { ...detailsCall(connection.apiToken, signal), authenticated: false };
  const told = lifetime.safeParse(await persist(connection, call, jsonPatience, readJson).catch(() => null));
  return told.success && Date.parse(told.data.data.expiresAt) <= timing.now();
}

/**
 * SentinelOne answers 401 for a dead token, but also for some missing permissions. A token that still opens
 * `system/info`, which needs no permission, is alive.
 */
async function clarify(connection: Connection, call: Call, error: unknown): Promise<never> {
  if (!(error instanceof Fault) || error.code !== 'sentinelone.token-refused') throw error;
  if (call.authenticated === false) throw error;
  const probe = { ...tokenProbe, signal: call.signal };
  const alive =
    call.path !== tokenProbe.path &&
    (await persist(connection, probe, jsonPatience, readJson).then(
      () => true,
      () => false,
    ));
  const more = { context: error.context, cause: error.cause };
  if (!alive && (await expired(connection, call.signal)))
    throw new Fault('sentinelone.token-expired', error.message, more);
  if (!alive) throw error;
  throw new Fault('sentinelone.permission', error.message, more);
}

/** Sends the API token to `settings.origin` and nowhere else (G16). */
export function newSentinelOneClient(settings: SentinelOneSettings): SentinelOneClient {
  const connection: Connection = {
    origin: settings.origin,
    apiToken: settings.apiToken,
    scheme: settings.scheme ?? 'ApiToken',
    timing: settings.timing,
    limiter: newLimiter(settings.timing, settings.rateLimits ?? rateLimits, settings.shared),
    transport: settings.transport ?? newTransport({ caPem: settings.caPem ?? null }),
  };
  const json = (call: Call): Promise<unknown> =>
    persist(connection, call, jsonPatience, readJson).catch((error: unknown) => clarify(connection, call, error));
  return {
    origin: settings.origin,
    json,
    download: (call, consume) =>
      persist(connection, call, downloadPatience, consume).catch((error: unknown) => clarify(connection, call, error)),
    tokenDetails: (signal) => json(detailsCall(settings.apiToken, signal)),
    close: () => connection.transport.close(),
  };
}
