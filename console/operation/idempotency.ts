/**
 * Idempotency keys: whoever did not get the answer to an action sends it again with the same key, gets the first answer and
 * changes nothing twice. Kept in the database, so that it holds over restarts and between processes; by operator and what
 * he may touch, so that nobody meets a key of somebody else (G9).
 */
import type { FastifyRequest } from 'fastify';
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { idempotencyHeader } from '#console/api/route.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import type { DeviceSide } from '#console/context.ts';
import { beginRequest, endRequest, forgetRequest } from '#console/store/idempotency.ts';

const keptMs = 24 * 3_600_000;
const keyShape = /^[\x21-\x7e]{1,200}$/;

/** What was answered: status and body, as it went out. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** The key that was sent; null: none. Fault `request.invalid`. */
function keyOf(request: FastifyRequest): string | null {
  const sent = request.headers[idempotencyHeader];
  if (sent === undefined) return null;
  if (typeof sent === 'string' && keyShape.test(sent)) return sent;
  throw new Fault('request.invalid', `${idempotencyHeader} is 1 to 200 visible characters`);
}

function bodyText(body: unknown): string {
  if (body instanceof Object && 'pipe' in body)
    throw new Fault('request.invalid', `an upload takes no ${idempotencyHeader}`);
  return JSON.stringify(body ?? null);
}

/** Who asks and what he may touch: after a change of his grants it is another one, and so is each program of his. */
function holder({ operator, apiKey, sessionId }: SignedInOperator): unknown[] {
  return [operator.operatorId, operator.role, operator.organisationIds, apiKey ? sessionId : null];
}

function place(keySha256: string) {
  return { table: 'idempotency_keys', row: keySha256, field: 'answer_sealed' };
}

/** Does the work, or answers what was answered before. Only what went well is kept: a refusal has changed nothing. */
export async function once(
  side: DeviceSide,
  who: SignedInOperator | null,
  request: FastifyRequest,
  work: () => Promise<Answered>,
): Promise<Answered & { readonly again: boolean }> {
  const key = request.method === 'GET' || who === null ? null : keyOf(request);
  if (key === null || who === null) return { ...(await work()), again: false };
  const { store, clock, sealer } = side;
  const keySha256 = sha256Hex(JSON.stringify(['idempotency-v1', ...holder(who), key]));
  const requestSha256 = sha256Hex(JSON.stringify([request.method, request.url, bodyText(request.body)]));
  const begunAt = clock.now();
  const row = { key_sha256: keySha256, request_sha256: requestSha256, begun_at: begunAt, expires_at: begunAt + keptMs };
  const begun = await store.write((db) => beginRequest(db, row));
  if (begun !== 'first') {
    if (begun.request_sha256 !== requestSha256)
      throw new Fault('request.key-reused', 'this key came before with another request');
    if (begun.status === null || begun.answer_sealed === null)
      throw new Fault('request.in-progress', 'the first request with this key has not been answered yet');
    return { status: begun.status, body: JSON.parse(sealer.open(place(keySha256), begun.answer_sealed)), again: true };
  }
  try {
    const answered = await work();
    const sealed = sealer.seal(place(keySha256), JSON.stringify(answered.body ?? null));
    await store.write((db) => endRequest(db, keySha256, { status: answered.status, sealed }));
    return { ...answered, again: false };
  } catch (error) {
    await store.write((db) => forgetRequest(db, keySha256));
    throw error;
  }
}
