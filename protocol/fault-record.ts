import * as z from 'zod';
import { faultCodes } from '#protocol/codes.ts';
import { envelopeSchema } from '#protocol/envelope-schema.ts';
import { longText, shortText } from '#protocol/words.ts';

const contextValue = z.union([z.string().max(500), z.number(), z.boolean(), z.null()]);

/** A fault as it travels. `code` is kept as text by readers that may be older than the writer. */
export const faultRecordSchema = z.object({
  code: z.enum(faultCodes),
  detail: longText,
  context: z.record(shortText, contextValue).default({}),
});

/** RFC 9457 problem document, `application/problem+json`. */
export const problemSchema = z.object({
  type: shortText,
  title: shortText,
  status: z.int(),
  detail: longText.optional(),
  code: z.string().max(64),
  remedy: longText.optional(),
  fields: z
    .array(z.object({ path: shortText, problem: shortText }))
    .max(50)
    .optional(),
  retryAfterMs: z.int().optional(),
  /** With `identity.revoked`: the signed command `unenrol` that proves it; without one no device gives up its identity. */
  revocation: envelopeSchema.optional(),
});
export type Problem = z.infer<typeof problemSchema>;
