/** Secrets at rest: sealed with a key that is neither in the database nor in its backup. */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '#protocol/codes.ts';
import { decrypt, encrypt } from '#protocol/crypto.ts';

/** Where a secret stands; what was sealed for one place opens in no other. */
export interface Place {
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

export interface Sealer {
  seal(place: Place, secret: string): string;
  /** Fault `internal` when it was altered, moved or sealed with another key. */
  open(place: Place, sealed: string): string;
  /** 32 bytes for one purpose, the same in every process with the same key. */
  subkey(purpose: string): Buffer;
}

const keyBytes = 32;

function associated(place: Place): string {
  return JSON.stringify(['garrison-at-rest-v1', place.table, place.row, place.field]);
}

export function createSealer(masterKey: Uint8Array): Sealer {
  if (masterKey.length !== keyBytes) throw new Fault('console.bad-configuration', 'the key file must hold 32 bytes');
  const subkey = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `garrison-console:${purpose}`, keyBytes));
  const key = subkey('at-rest');
  const name = createHash('sha256').update(key).digest('hex').slice(0, 8);
  return {
    subkey,
    seal(place, secret) {
      const sealed = encrypt({ key, nonce: randomBytes(12), associated: associated(place) }, Buffer.from(secret));
      return `${name}.${sealed.toString('base64url')}`;
    },
    open(place, sealed) {
      const [sealedWith, body] = sealed.split('.');
      const plain =
        body === undefined ? null : decrypt({ key, associated: associated(place) }, Buffer.from(body, 'base64url'));
      if (plain !== null) return plain.toString('utf8');
      const why = sealedWith === name ? 'was altered' : 'was sealed with another key file';
      throw new Fault('internal', `the secret in ${place.table}.${place.field} ${why}`);
    },
  };
}

/** Makes the key file if there is none: 32 random bytes, for the owner's eyes only. */
export function ensureKeyFile(path: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, randomBytes(keyBytes), { flag: 'wx', mode: 0o600 });
  chmodSync(path, 0o600);
}

/** A credential of systemd: root's, with an access list for the service, whose mask shows as the group's right to read. */
function isHandedOver({ mode, uid, gid }: Stats): boolean {
  return uid === 0 && gid === 0 && (mode & 0o777) === 0o440;
}

/** Refuses a key file that others may read. */
export function readKeyFile(path: string): Buffer {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (error) {
    throw new Fault('console.bad-configuration', `the key file ${path} cannot be read; run init first`, {
      cause: error,
    });
  }
  if ((stats.mode & 0o077) !== 0 && !isHandedOver(stats))
    throw new Fault('console.bad-configuration', `the key file ${path} must have mode 0600`);
  return readFileSync(path);
}
