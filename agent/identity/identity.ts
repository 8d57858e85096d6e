/** Who this device is to its console: keys made here, bound to this machine (G14). */
import * as z from 'zod';
import { envelopeSchema } from '#protocol/envelope.ts';
import { generateSealingKey, generateSigningKey } from '#protocol/crypto.ts';
import { base64UrlText, idText, sha256Text, shortText } from '#protocol/words.ts';
import type { Directory } from '#platform/files.ts';
import { jsonFile, type JsonFile } from '#agent/json-file.ts';

const pairSchema = z.object({ publicKey: base64UrlText, privateKey: base64UrlText });

export const identitySchema = z.object({
  fingerprint: sha256Text,
  signing: pairSchema,
  sealing: pairSchema,
  /** Everything the device believes leads back to this key. */
  ownerKey: base64UrlText,
  /** Where to look before the key set says better. */
  addresses: z.array(z.string().max(300)).max(8),
  /** Newest key set, as signed by the owner. */
  keySet: envelopeSchema,
  /** Set by the console when it knows the device. */
  enrolled: z.object({ deviceId: idText, consoleId: idText, organisationName: shortText }).nullable(),
  /** Kept so that a lost answer is asked for again with the same key pair, and that a copy of this machine enrols anew. */
  enrolmentKey: z.object({ keyId: idText, secret: base64UrlText }).nullable(),
});
export type Identity = z.infer<typeof identitySchema>;

export function identityFile(directory: Directory): JsonFile<Identity> {
  return jsonFile(directory, 'identity.json', identitySchema);
}

export function freshKeys(): Pick<Identity, 'signing' | 'sealing'> {
  return { signing: generateSigningKey(), sealing: generateSealingKey() };
}
