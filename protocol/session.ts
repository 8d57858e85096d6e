/**
 * Sessions. The device proves its key over a stateless challenge; both sides derive a MAC key from an X25519 agreement, so
 * that a copied access token alone is worthless (G12). Every later request carries a counter and an HMAC over method, path,
 * counter and body.
 */
import { agree, equal, hmac, keyId, sha256Hex, sign, verify } from '#protocol/crypto.ts';

export interface SessionTranscript {
  readonly consoleId: string;
  readonly deviceId: string;
  readonly challenge: string;
  /** The device's fresh X25519 public key. */
  readonly ephemeralKey: string;
  /** X25519 key of the console's key set. */
  readonly consoleSealingKey: string;
}

/** Names purpose and console key, so that a signature given here opens nothing elsewhere (G25). */
function transcriptBytes(transcript: SessionTranscript): Buffer {
  const { consoleId, deviceId, challenge, ephemeralKey, consoleSealingKey } = transcript;
  return Buffer.from(
    ['garrison-session-v1', consoleId, deviceId, keyId(consoleSealingKey), challenge, ephemeralKey].join('\n'),
  );
}

export function signTranscript(transcript: SessionTranscript, devicePrivateKey: string): string {
  return Buffer.from(sign(devicePrivateKey, transcriptBytes(transcript))).toString('base64url');
}

export function verifyTranscript(transcript: SessionTranscript, devicePublicKey: string, signature: string): boolean {
  return verify(devicePublicKey, transcriptBytes(transcript), Buffer.from(signature, 'base64url'));
}

/** Both sides: own private key and the other's public key; 32 bytes. */
export function sessionMacKey(transcript: SessionTranscript, privateKey: string, publicKey: string): Buffer {
  return agree(privateKey, publicKey, `garrison-mac:${sha256Hex(transcriptBytes(transcript))}`);
}

export interface SignedRequest {
  readonly method: string;
  /** Path with query, as sent. */
  readonly path: string;
  readonly counter: number;
  readonly body: Uint8Array | string;
}

export const macHeaders = { counter: 'garrison-counter', mac: 'garrison-mac' } as const;

export function requestMac(macKey: Uint8Array, request: SignedRequest): string {
  const { method, path, counter, body } = request;
  return hmac(macKey, [method.toUpperCase(), path, String(counter), sha256Hex(body)].join('\n')).toString('base64url');
}

export function requestMacHolds(macKey: Uint8Array, request: SignedRequest, mac: string): boolean {
  return equal(Buffer.from(requestMac(macKey, request), 'base64url'), Buffer.from(mac, 'base64url'));
}
