/** Passwords as argon2id of Node itself: 19 MiB, two passes; at most two are computed at once (the thread pool is small). */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { createTurnstile } from '#console/auth/turnstile.ts';

const cost = { parallelism: 1, tagLength: 32, memory: 19 * 1024, passes: 2 } as const;
const saltBytes = 16;
/** A limit for what a flood of sign-ins can cost; the rest of the console needs the thread pool too. */
export const hashing = createTurnstile({ atOnceMax: 2, waitingMax: 50 });

function compute(password: string, nonce: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: password.normalize('NFC'), nonce, ...cost }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** `argon2id$salt$hash`, base64url. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(saltBytes);
  const key = await hashing.pass(() => compute(password, nonce));
  return ['argon2id', nonce.toString('base64url'), key.toString('base64url')].join('$');
}

/** Costs the same whether there is such an operator or not: pass null for nobody. */
export async function passwordFits(password: string, stored: string | null): Promise<boolean> {
  const [kind, salt, hash] = (stored ?? '').split('$');
  const read = Buffer.from(salt ?? '', 'base64url');
  const known = kind === 'argon2id' && read.length === saltBytes && hash !== undefined;
  const nonce = known ? read : Buffer.alloc(saltBytes);
  const key = await hashing.pass(() => compute(password, nonce));
  const expected = known ? Buffer.from(hash, 'base64url') : Buffer.alloc(cost.tagLength);
  return timingSafeEqual(key, expected.length === key.length ? expected : Buffer.alloc(key.length)) && known;
}
