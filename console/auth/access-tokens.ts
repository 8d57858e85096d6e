/**
 * A device's hour: a challenge that needs no memory, a token that carries everything, and a window of request counters. A
 * copied token is worthless without the MAC key, and a copied request without a fresh counter (G12).
 */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { decrypt, encrypt, equal, hmac } from '#protocol/crypto.ts';
import { limits } from '#protocol/limits.ts';
import type { Sealer } from '#console/secrets.ts';

export interface DeviceSession {
  readonly sessionId: string;
  readonly deviceId: string;
  readonly generation: number;
  readonly macKey: Buffer;
  readonly expiresAtMs: number;
}

export interface AccessTokens {
  challenge(deviceId: string, nowMs: number): string;
  /** Made by this console, for this device, less than a minute ago. */
  challengeHolds(challenge: string, deviceId: string, nowMs: number): boolean;
  issue(session: Omit<DeviceSession, 'sessionId'>): string;
  /** Fault `auth.session-expired` for anything that is not a live token of this console. */
  open(token: string, nowMs: number): DeviceSession;
  /** False for a counter that came before, or too long ago to tell. */
  counterIsFresh(session: DeviceSession, counter: number): boolean;
  forgetExpired(nowMs: number): void;
}

const challengeLifeMs = 60_000;
/** Requests of one device overlap (a held one, a check-in, a download), so a few may arrive out of order. */
const windowSize = 64;

interface Window {
  highest: number;
  /** Bit n: `highest - n` was seen. */
  seen: bigint;
  readonly expiresAtMs: number;
}

function takeCounter(window: Window, counter: number): boolean {
  if (counter > window.highest) {
    const shift = counter - window.highest;
    window.seen = shift >= windowSize ? 1n : ((window.seen << BigInt(shift)) | 1n) & ((1n << BigInt(windowSize)) - 1n);
    window.highest = counter;
    return true;
  }
  const age = window.highest - counter;
  if (age >= windowSize) return false;
  const bit = 1n << BigInt(age);
  if ((window.seen & bit) !== 0n) return false;
  window.seen |= bit;
  return true;
}

/**
 * The same for the same proof: one that was recorded and is played again within its minute gives no second session, in
 * which counters would begin anew.
 */
function sessionIdOf(macKey: Buffer): string {
  return hmac(macKey, 'garrison-session-id-v1').subarray(0, 12).toString('base64url');
}

/** `instance`: tokens of another one are refused; one name for all processes that share a database and a load balancer. */
export function createAccessTokens(sealer: Sealer, instance: string): AccessTokens {
  const tokenKey = sealer.subkey('access-token');
  const challengeKey = sealer.subkey('session-challenge');
  const windows = new Map<string, Window>();
  const associated = `garrison-access-token-v1:${instance}`;
  const challengeMac = (issuedAt: string, nonce: string, deviceId: string): Buffer =>
    hmac(challengeKey, ['garrison-session-challenge-v1', issuedAt, nonce, deviceId].join('\n'));

  return {
    challenge(deviceId, nowMs) {
      const nonce = randomBytes(16).toString('base64url');
      return `${nowMs}.${nonce}.${challengeMac(String(nowMs), nonce, deviceId).toString('base64url')}`;
    },
    challengeHolds(challenge, deviceId, nowMs) {
      const [issuedAt, nonce, mac] = challenge.split('.');
      if (issuedAt === undefined || nonce === undefined || mac === undefined) return false;
      if (!equal(Buffer.from(mac, 'base64url'), challengeMac(issuedAt, nonce, deviceId))) return false;
      const ageMs = nowMs - Number(issuedAt);
      return ageMs >= 0 && ageMs <= challengeLifeMs;
    },
    issue(session) {
      const { deviceId, generation, macKey, expiresAtMs } = session;
      const content = [sessionIdOf(macKey), deviceId, generation, macKey.toString('base64url'), expiresAtMs];
      const plain = Buffer.from(JSON.stringify(content));
      return encrypt({ key: tokenKey, nonce: randomBytes(12), associated }, plain).toString('base64url');
    },
    open(token, nowMs) {
      const plain = decrypt({ key: tokenKey, associated }, Buffer.from(token, 'base64url'));
      if (plain === null) throw new Fault('auth.session-expired', 'not an access token of this console');
      const [sessionId, deviceId, generation, macKey, expiresAtMs] = JSON.parse(plain.toString()) as [
        string,
        string,
        number,
        string,
        number,
      ];
      if (nowMs >= expiresAtMs) throw new Fault('auth.session-expired', 'the hour is over');
      return { sessionId, deviceId, generation, macKey: Buffer.from(macKey, 'base64url'), expiresAtMs };
    },
    counterIsFresh(session, counter) {
      const known = windows.get(session.sessionId);
      if (known !== undefined) return takeCounter(known, counter);
      windows.set(session.sessionId, { highest: counter, seen: 1n, expiresAtMs: session.expiresAtMs });
      return true;
    },
    forgetExpired(nowMs) {
      for (const [sessionId, window] of windows) {
        if (window.expiresAtMs + limits.sessionLifetimeMs < nowMs) windows.delete(sessionId);
      }
    },
  };
}
