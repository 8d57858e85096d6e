/**
 * The only file of the protocol that touches cryptography; it computes and does nothing else. The page never imports it.
 * Keys travel as base64url of their raw 32 bytes.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  sign as signBytes,
  timingSafeEqual,
  verify as verifyBytes,
  type KeyObject,
} from 'node:crypto';

export interface KeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

const spkiPrefix = { ed25519: '302a300506032b6570032100', x25519: '302a300506032b656e032100' } as const;
const pkcs8Prefix = {
  ed25519: '302e020100300506032b657004220420',
  x25519: '302e020100300506032b656e04220420',
} as const;
type Curve = keyof typeof spkiPrefix;

function publicObject(curve: Curve, raw: string): KeyObject {
  const der = Buffer.concat([Buffer.from(spkiPrefix[curve], 'hex'), Buffer.from(raw, 'base64url')]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

function privateObject(curve: Curve, raw: string): KeyObject {
  const der = Buffer.concat([Buffer.from(pkcs8Prefix[curve], 'hex'), Buffer.from(raw, 'base64url')]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function generate(curve: Curve): KeyPair {
  const pair = curve === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  const last32 = (der: Buffer): string => der.subarray(der.length - 32).toString('base64url');
  return {
    publicKey: last32(pair.publicKey.export({ format: 'der', type: 'spki' })),
    privateKey: last32(pair.privateKey.export({ format: 'der', type: 'pkcs8' })),
  };
}

/** Ed25519 pair for signing. */
export const generateSigningKey = (): KeyPair => generate('ed25519');
/** X25519 pair for sealing and sessions. */
export const generateSealingKey = (): KeyPair => generate('x25519');

export function sign(privateKey: string, bytes: Uint8Array): Uint8Array {
  return signBytes(null, bytes, privateObject('ed25519', privateKey));
}

/** False for a wrong signature and for a malformed key or signature alike. */
export function verify(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  try {
    return verifyBytes(null, bytes, publicObject('ed25519', publicKey), signature);
  } catch {
    return false;
  }
}

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Short name of a key: first 16 hex characters of its SHA-256. */
export function keyId(publicKey: string): string {
  return sha256Hex(Buffer.from(publicKey, 'base64url')).slice(0, 16);
}

export function hmac(key: Uint8Array, bytes: Uint8Array | string): Buffer {
  return createHmac('sha256', key).update(bytes).digest();
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** X25519 + HKDF-SHA-256: 32 bytes bound to `context`. */
export function agree(privateKey: string, publicKey: string, context: string): Buffer {
  const shared = diffieHellman({
    privateKey: privateObject('x25519', privateKey),
    publicKey: publicObject('x25519', publicKey),
  });
  return Buffer.from(hkdfSync('sha256', shared, Buffer.alloc(0), context, 32));
}

/** AES-256-GCM with a 12-byte nonce in front and the tag behind. */
export function encrypt(
  options: { key: Uint8Array; nonce: Uint8Array; associated: string },
  plain: Uint8Array,
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', options.key, options.nonce);
  cipher.setAAD(Buffer.from(options.associated));
  return Buffer.concat([options.nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** null when it was altered, cut or made with another key or associated data. */
export function decrypt(options: { key: Uint8Array; associated: string }, sealed: Uint8Array): Buffer | null {
  if (sealed.length < 28) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', options.key, sealed.subarray(0, 12));
    decipher.setAAD(Buffer.from(options.associated));
    decipher.setAuthTag(sealed.subarray(sealed.length - 16));
    return Buffer.concat([decipher.update(sealed.subarray(12, sealed.length - 16)), decipher.final()]);
  } catch {
    return null;
  }
}

/**
 * Seals bytes to an X25519 key with a fresh key pair: base64url of ephemeral public key, nonce, ciphertext, tag.
 * `purpose` is bound in, so that what was sealed for one use cannot be replayed in another.
 */
export function seal(recipient: string, purpose: string, plain: Uint8Array): string {
  const ephemeral = generateSealingKey();
  const key = agree(ephemeral.privateKey, recipient, `garrison-seal:${purpose}`);
  const nonce = createHash('sha256').update(ephemeral.publicKey).update(recipient).digest().subarray(0, 12);
  const body = encrypt({ key, nonce, associated: purpose }, plain);
  return Buffer.concat([Buffer.from(ephemeral.publicKey, 'base64url'), body]).toString('base64url');
}

/** null when it was not sealed to this key for this purpose. */
export function unseal(privateKey: string, purpose: string, sealed: string): Buffer | null {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < 32 + 28) return null;
  try {
    const key = agree(privateKey, bytes.subarray(0, 32).toString('base64url'), `garrison-seal:${purpose}`);
    return decrypt({ key, associated: purpose }, bytes.subarray(32));
  } catch {
    return null;
  }
}
