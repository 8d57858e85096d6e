/** One call carried through: at the vendor's pace, again after setbacks, within a budget. */
import type { Readable } from 'node:stream';
import { Fault, type FaultCode } from '#protocol/codes.ts';
import { urlOf, type Call } from '#console/sentinelone/call.ts';
import type { Limiter } from '#console/sentinelone/rate-limits.ts';
import { bodyStartBytesMax, connectionFault, refusalOf } from '#console/sentinelone/refusal.ts';
import { retryAfterMs, retryDelayMs, type RetryPolicy, type Setback } from '#console/sentinelone/retry.ts';
import type { Timing } from '#console/sentinelone/timing.ts';
import type { Transport, WireAnswer } from '#console/sentinelone/transport.ts';

export interface OpenAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

export interface Connection {
  readonly origin: string;
  readonly apiToken: string;
  /** `Token` for sessions of the password login. */
  readonly scheme: 'ApiToken' | 'Token';
  readonly timing: Timing;
  readonly limiter: Limiter;
  readonly transport: Transport;
}

const jsonBytesMax = 32 * 1024 * 1024;

function headersOf(connection: Connection, call: Call): Record<string, string> {
  return {
    accept: 'application/json, */*;q=0.5',
    'accept-encoding': 'identity',
    'user-agent': 'Garrison',
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(call.authenticated === false ? {} : { authorization: `${connection.scheme} ${connection.apiToken}` }),
  };
}

/** A body's chunks; a connection that breaks in between throws `broken()`. */
export async function* chunksOf(body: Readable, broken: () => Fault): AsyncGenerator<Buffer> {
  const parts = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await parts.next().catch(() => {
      throw broken();
    });
    if (next.done === true) return;
    yield Buffer.from(next.value);
  }
}

async function readText(body: Readable, bytesMax: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(body, () => connectionFault('cut off', 'the request'))) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Fault('sentinelone.unreadable', 'SentinelOne sent more than expected');
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The start of an error body, without our own secrets should they be echoed. */
async function readStart(body: Readable, secrets: readonly string[]): Promise<string> {
  let text = '';
  try {
    for await (const part of body) {
      text += Buffer.from(part).toString('utf8');
      if (text.length > 65_536) break;
    }
  } catch {
    /* what came is enough to tell the error */
  }
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '[secret]');
  return text.slice(0, bodyStartBytesMax);
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'setback'; readonly setback: Setback; readonly fault: Fault };

async function judge<T>(
  connection: Connection,
  call: Call,
  answer: WireAnswer,
  consume: (answer: OpenAnswer) => Promise<T>,
): Promise<Outcome<T>> {
  const what = `${call.method ?? 'GET'} ${call.path}`;
  if (answer.kind === 'no-answer') {
    const fault = connectionFault(answer.problem, what);
    if (fault.code !== 'sentinelone.unavailable') throw fault;
    return { kind: 'setback', setback: { kind: 'connection', sent: answer.sent }, fault };
  }
  const { status, headers, body } = answer;
  if (status >= 200 && status < 300) return takeBody({ headers, body }, consume);
  const after = retryAfterMs(headers['retry-after'], connection.timing.now());
  const bodyStart = await readStart(body, [connection.apiToken, ...(call.secrets ?? [])]);
  const more = after === null ? {} : { retryAfterMs: after };
  const fault = refusalOf({ status, bodyStart }, what, more);
  if (status === 429) return { kind: 'setback', setback: { kind: 'throttled', retryAfterMs: after }, fault };
  if (status >= 500 && status !== 501) return { kind: 'setback', setback: { kind: 'server' }, fault };
  throw fault;
}

/** What breaks on the way may be tried again; what `consume` itself objects to may not. */
async function takeBody<T>(answer: OpenAnswer, consume: (answer: OpenAnswer) => Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'done', value: await consume(answer) };
  } catch (error) {
    answer.body.destroy();
    if (!(error instanceof Fault) || !brokenOnTheWay.has(error.code)) throw error;
    return { kind: 'setback', setback: { kind: 'connection', sent: true }, fault: error };
  }
}

const brokenOnTheWay = new Set<FaultCode>(['download.interrupted', 'sentinelone.unavailable']);

export interface Patience {
  readonly policy: RetryPolicy;
  readonly limitMs: number;
}

export async function persist<T>(
  connection: Connection,
  call: Call,
  patience: Patience,
  consume: (answer: OpenAnswer) => Promise<T>,
): Promise<T> {
  const { timing, limiter, transport } = connection;
  const method = call.method ?? 'GET';
  const url = urlOf(connection.origin, call);
  const body = call.body === undefined ? null : JSON.stringify(call.body);
  let waitedMs = 0;
  for (let made = 1; ; made += 1) {
    await limiter.pass(call.path, call.signal);
    call.signal?.throwIfAborted();
    const limit = AbortSignal.timeout(patience.limitMs);
    const signal = call.signal === undefined ? limit : AbortSignal.any([call.signal, limit]);
    const answer = await transport.send({ method, url, headers: headersOf(connection, call), body, signal });
    call.signal?.throwIfAborted();
    const outcome = await judge(connection, call, answer, consume);
    if (outcome.kind === 'done') return outcome.value;
    call.signal?.throwIfAborted();
    const tries = { made, waitedMs, repeatable: call.repeatable ?? method === 'GET' };
    const delayMs = retryDelayMs(patience.policy, outcome.setback, tries, timing.random());
    if (delayMs === null) throw outcome.fault;
    waitedMs += delayMs;
    await timing.sleep(delayMs, call.signal);
  }
}

export async function readJson({ headers, body }: OpenAnswer): Promise<unknown> {
  const text = await readText(body, jsonBytesMax);
  try {
    return JSON.parse(text);
  } catch {
    /* neither text nor parser message is kept: a good answer may carry a secret */
    const context = { contentType: (headers['content-type'] ?? '').slice(0, 80), bytes: text.length };
    throw new Fault('sentinelone.unreadable', 'SentinelOne answered with something else than JSON', { context });
  }
}
