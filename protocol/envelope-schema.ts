/** The shape of a DSSE envelope, apart from the keys that open it, so that a browser can read what holds one. */
import * as z from 'zod';
import { base64Text } from '#protocol/words.ts';

export const envelopeSchema = z.object({
  payloadType: z.string().max(100),
  payload: base64Text.max(64 * 1024),
  signatures: z
    .array(z.object({ keyid: z.string().max(64), sig: base64Text.max(100) }))
    .min(1)
    .max(4),
});
export type Envelope = z.infer<typeof envelopeSchema>;
