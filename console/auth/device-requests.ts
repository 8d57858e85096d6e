/** Which device a request comes from: the token before a byte of the body is read, then MAC, counter, revocation. */
import type { FastifyRequest } from 'fastify';
import { Fault } from '#protocol/codes.ts';
import { macHeaders, requestMacHolds } from '#protocol/session.ts';
import type { DeviceSession } from '#console/auth/access-tokens.ts';
import type { DeviceSide } from '#console/context.ts';
import type { KnownDevice } from '#console/fleet/link/device-memory.ts';
import { noteTwin } from '#console/fleet/membership/identity.ts';
import { isTwin } from '#console/fleet/link/twins.ts';
import { DeviceRevoked } from '#console/problems.ts';

function oneHeader(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  if (typeof value !== 'string' || value === '')
    throw new Fault('auth.session-expired', `the header ${name} is missing`);
  return value;
}

export function bodyBytes(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function readCounter(text: string): number {
  const counter = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(counter)) throw new Fault('auth.session-expired', 'the request counter is not a number');
  return counter;
}

/** Of requests under way: a token is opened once. */
const sessions = new WeakMap<FastifyRequest, DeviceSession>();

function sessionOf(side: DeviceSide, request: FastifyRequest): DeviceSession {
  const known = sessions.get(request);
  if (known !== undefined) return known;
  const bearer = /^Bearer ([A-Za-z0-9_-]{1,1000})$/.exec(oneHeader(request, 'authorization'))?.[1];
  if (bearer === undefined) throw new Fault('auth.session-expired', 'no access token');
  const session = side.tokens.open(bearer, side.clock.now());
  sessions.set(request, session);
  return session;
}

/** A hook: whoever has no token of this console sends no body. All of the request is proved by its MAC afterwards. */
export function tokenFirst(side: DeviceSide) {
  return async (request: FastifyRequest): Promise<void> => void sessionOf(side, request);
}

/** Whose token a request carries, before it is proved. Fault `auth.session-expired`. */
export function claimedDevice(side: DeviceSide, request: FastifyRequest): string {
  return sessionOf(side, request).deviceId;
}

/** Faults: `auth.session-expired` (make a new session), `identity.revoked`. */
export async function authenticateDevice(side: DeviceSide, request: FastifyRequest): Promise<KnownDevice> {
  const session = sessionOf(side, request);
  const counter = readCounter(oneHeader(request, macHeaders.counter));
  const signed = { method: request.method, path: request.raw.url ?? request.url, counter, body: bodyBytes(request) };
  if (!requestMacHolds(session.macKey, signed, oneHeader(request, macHeaders.mac))) {
    throw new Fault('auth.session-expired', 'the request was not made with the key of this session');
  }
  if (!side.tokens.counterIsFresh(session, counter)) {
    throw new Fault('auth.session-expired', 'this request came before');
  }
  const device = await side.memory.know(session.deviceId);
  // Not the same: what an older backup does not know was never removed, and the device must keep its identity.
  if (device === null) throw new Fault('enrol.not-enrolled', 'the console does not know this device');
  if (device.revoked) throw new DeviceRevoked(device.deviceId, device.leavesAs);
  if (device.generation !== session.generation) throw new Fault('auth.session-expired', 'the session was ended');
  if (!device.duplicate && isTwin(device.use, session.sessionId, side.clock.now())) await noteTwin(side, device);
  return device;
}
