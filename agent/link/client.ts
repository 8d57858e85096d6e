/** Authenticated requests: one session at a time, renewed when it ends; every request carries its counter and MAC. */
import type * as z from 'zod';
import { generateSealingKey } from '#protocol/crypto.ts';
import { openEnvelope } from '#protocol/envelope.ts';
import { Fault } from '#protocol/codes.ts';
import type { KeySet } from '#protocol/key-set.ts';
import { paths, protocolVersion, sessionResponse, timeSchema } from '#protocol/messages.ts';
import { macHeaders, requestMac, sessionMacKey, signTranscript, type SessionTranscript } from '#protocol/session.ts';
import type { ConsoleTime } from '#agent/console-time.ts';
import type { Identity } from '#agent/identity/identity.ts';
import { readAnswer } from '#agent/link/problem.ts';
import type { Download, Transport } from '#agent/link/transport.ts';

const callTimeoutMs = 60_000;
const uploadTimeoutMs = 10 * 60_000;

export interface ClientOptions {
  readonly transport: Transport;
  readonly time: ConsoleTime;
  identity(): Identity & { enrolled: NonNullable<Identity['enrolled']> };
  keySet(): KeySet;
  /** A signed time was accepted: the highest one is kept for life. */
  timeAccepted(signedMs: number): Promise<void>;
}

interface Session {
  readonly accessToken: string;
  readonly macKey: Buffer;
  readonly endsAtMs: number;
  counter: number;
}

export interface ConsoleClient {
  request<S extends z.ZodType>(request: ClientRequest<S>): Promise<z.infer<S>>;
  /** Bytes as they are, by PUT. */
  upload<S extends z.ZodType>(upload: Upload<S>): Promise<z.infer<S>>;
  download(
    path: string,
    options: Omit<Download, 'path' | 'headers'> & { readonly range: string | null },
  ): Promise<void>;
}

export interface ClientRequest<S extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly answer: S;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Upload<S extends z.ZodType> {
  readonly path: string;
  readonly body: Uint8Array;
  readonly answer: S;
}

export function createClient(options: ClientOptions): ConsoleClient {
  let session: Session | null = null;
  let opening: Promise<Session> | null = null;
  const current = async (): Promise<Session> => {
    if (session !== null && session.endsAtMs > options.time.now()) return session;
    opening ??= openSession(options).finally(() => {
      opening = null;
    });
    session = await opening;
    return session;
  };
  const withSession = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    try {
      return await work(await current());
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'auth.session-expired') throw error;
      session = null;
      return work(await current());
    }
  };
  return {
    request: (request) =>
      withSession(async (held) => {
        const body = request.body === undefined ? '' : JSON.stringify(request.body);
        const headers = signedHeaders(held, { method: request.method, path: request.path, body });
        const answer = await options.transport.call({
          method: request.method,
          path: request.path,
          headers: body === '' ? headers : { ...headers, 'content-type': 'application/json' },
          timeoutMs: request.timeoutMs ?? callTimeoutMs,
          ...(body === '' ? {} : { body }),
          ...(request.signal === undefined ? {} : { signal: request.signal }),
        });
        return readAnswer(answer, request.answer);
      }),
    upload: ({ path, body, answer }) =>
      withSession(async (held) => {
        const signed = signedHeaders(held, { method: 'PUT', path, body });
        const headers = { ...signed, 'content-type': 'application/octet-stream' };
        const call = { method: 'PUT', path, headers, body, timeoutMs: uploadTimeoutMs } as const;
        return readAnswer(await options.transport.call(call), answer);
      }),
    download: (path, { range, ...rest }) =>
      withSession(async (held) => {
        const signed = signedHeaders(held, { method: 'GET', path, body: '' });
        await options.transport.download({ ...rest, path, headers: range === null ? signed : { ...signed, range } });
      }),
  };
}

function signedHeaders(
  session: Session,
  request: { method: string; path: string; body: string | Uint8Array },
): Record<string, string> {
  session.counter += 1;
  return {
    authorization: `Bearer ${session.accessToken}`,
    [macHeaders.counter]: String(session.counter),
    [macHeaders.mac]: requestMac(session.macKey, { ...request, counter: session.counter }),
  };
}

/** Challenge, proof, signed time. */
async function openSession(options: ClientOptions): Promise<Session> {
  const identity = options.identity();
  const { deviceId, consoleId } = identity.enrolled;
  const keySet = options.keySet();
  const base = { version: protocolVersion, deviceId, fingerprint: identity.fingerprint };
  const first = await post(options, base);
  if (!('challenge' in first))
    throw new Fault('network.console-untrusted', 'the console gave a session without a challenge');
  const { challenge } = first;
  const ephemeral = generateSealingKey();
  const transcript: SessionTranscript = {
    consoleId,
    deviceId,
    challenge,
    ephemeralKey: ephemeral.publicKey,
    consoleSealingKey: keySet.sealingKey,
  };
  const signature = signTranscript(transcript, identity.signing.privateKey);
  const granted = await post(options, { ...base, proof: { challenge, ephemeralKey: ephemeral.publicKey, signature } });
  if ('challenge' in granted) throw new Fault('auth.refused', 'the console did not accept the proof of this device');
  await acceptTime(options, granted.time, challenge);
  return {
    accessToken: granted.accessToken,
    macKey: sessionMacKey(transcript, ephemeral.privateKey, keySet.sealingKey),
    // Renewed a little early, so that no request meets the very end.
    endsAtMs: options.time.now() + granted.expiresInMs * 0.9,
    counter: 0,
  };
}

async function post(options: ClientOptions, body: unknown): Promise<z.infer<typeof sessionResponse>> {
  const answer = await options.transport.call({
    method: 'POST',
    path: paths.session,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    timeoutMs: callTimeoutMs,
  });
  return readAnswer(answer, sessionResponse);
}

/** Only a time signed for this device, console and challenge counts; an earlier one than ever signed is a replay or a restore. */
async function acceptTime(
  options: ClientOptions,
  envelope: Parameters<typeof openEnvelope>[1],
  challenge: string,
): Promise<void> {
  const { deviceId, consoleId } = options.identity().enrolled;
  const opened = openEnvelope('time', envelope, options.keySet().signingKeys);
  const parsed = opened.ok ? timeSchema.safeParse(opened.value) : null;
  if (parsed?.success !== true) throw new Fault('network.console-untrusted', 'the time of the console is not signed');
  const { data } = parsed;
  if (data.deviceId !== deviceId || data.consoleId !== consoleId || data.challenge !== challenge) {
    throw new Fault('network.console-untrusted', 'the time of the console was signed for another session');
  }
  const signedMs = Date.parse(data.now);
  if (options.time.accept(signedMs)) await options.timeAccepted(signedMs);
}
