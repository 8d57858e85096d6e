/** Passwords as argon2id of Node itself: 19 MiB, two passes; at most two are computed at once (the thread pool is small). */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';

const cost = { parallelism: 1, tagLength: 32, memory: 19 * 1024, passes: 2 } as const;
const saltBytes = 16;
const atOnceMax = 2;
const waitingMax = 50;

const waiting: (() => void)[] = [];
let running = 0;

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnceMax) {
    if (waiting.length >= waitingMax)
      throw new Fault('rate-limited', 'too many sign-ins at once', { context: { retryAfterMs: 5_000 } });
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

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
  const key = await inTurn(() => compute(password, nonce));
  return ['argon2id', nonce.toString('base64url'), key.toString('base64url')].join('$');
}

/** Costs the same whether there is such an operator or not: pass null for nobody. */
export async function passwordFits(password: string, stored: string | null): Promise<boolean> {
  const [kind, salt, hash] = (stored ?? '').split('$');
  const read = Buffer.from(salt ?? '', 'base64url');
  const known = kind === 'argon2id' && read.length === saltBytes && hash !== undefined;
  const nonce = known ? read : Buffer.alloc(saltBytes);
  const key = await inTurn(() => compute(password, nonce));
  const expected = known ? Buffer.from(hash, 'base64url') : Buffer.alloc(cost.tagLength);
  return timingSafeEqual(key, expected.length === key.length ? expected : Buffer.alloc(key.length)) && known;
}
