/**
 * DSSE envelopes (https://github.com/secure-systems-lab/dsse): the signature covers type and raw bytes; nothing is parsed
 * before a signature of an expected key holds.
 */
import { keyId, sign, verify } from '#protocol/crypto.ts';
import { envelopeSchema, type Envelope } from '#protocol/envelope-schema.ts';
import { parseStrictJson } from '#protocol/strict-json.ts';

export const envelopeTypes = {
  assignment: 'application/vnd.garrison.assignment.v1+json',
  command: 'application/vnd.garrison.command.v1+json',
  keySet: 'application/vnd.garrison.key-set.v1+json',
  time: 'application/vnd.garrison.time.v1+json',
  approval: 'application/vnd.garrison.approval.v1+json',
  release: 'application/vnd.garrison.release.v1+json',
} as const;
export type EnvelopeType = keyof typeof envelopeTypes;

export { envelopeSchema };
export type { Envelope };

/** Pre-authentication encoding of DSSE v1. */
function preAuthentication(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

export function signEnvelope(
  type: EnvelopeType,
  value: unknown,
  keys: readonly { publicKey: string; privateKey: string }[],
): Envelope {
  const payloadType = envelopeTypes[type];
  const payload = Buffer.from(JSON.stringify(value));
  const bytes = preAuthentication(payloadType, payload);
  return {
    payloadType,
    payload: payload.toString('base64'),
    signatures: keys.map((key) => ({
      keyid: keyId(key.publicKey),
      sig: Buffer.from(sign(key.privateKey, bytes)).toString('base64'),
    })),
  };
}

export type Opened =
  | { readonly ok: true; readonly value: unknown; readonly signedBy: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** Parses only after at least one of `publicKeys` has signed. `signedBy` lists the public keys whose signature holds. */
export function openEnvelope(type: EnvelopeType, envelope: Envelope, publicKeys: readonly string[]): Opened {
  if (envelope.payloadType !== envelopeTypes[type])
    return { ok: false, why: `payload type is ${envelope.payloadType}` };
  const payload = Buffer.from(envelope.payload, 'base64');
  if (payload.toString('base64') !== envelope.payload) return { ok: false, why: 'payload is not canonical base64' };
  const bytes = preAuthentication(envelope.payloadType, payload);
  const signedBy = publicKeys.filter((key) =>
    envelope.signatures.some(
      (entry) => entry.keyid === keyId(key) && verify(key, bytes, Buffer.from(entry.sig, 'base64')),
    ),
  );
  if (signedBy.length === 0) return { ok: false, why: 'no signature of a known key' };
  try {
    return { ok: true, value: parseStrictJson(payload.toString('utf8')), signedBy };
  } catch (error) {
    return { ok: false, why: `payload is not strict JSON: ${error instanceof Error ? error.message : 'unreadable'}` };
  }
}
