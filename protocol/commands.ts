/** A command: one verb of a closed list, for one device, with an expiry; the payload of a signed envelope. */
import * as z from 'zod';
import { agentVersionText } from '#protocol/release/version.ts';
import { commandVerbs, counter, idText, isoTime, sha256Text } from '#protocol/words.ts';

export const commandSchema = z.object({
  consoleId: idText,
  deviceId: idText,
  epoch: counter,
  commandId: idText,
  verb: z.enum(commandVerbs),
  issuedAt: isoTime,
  expiresAt: isoTime,
  /** Of `update-self`: which release, by version and by the SHA-256 of its signed manifest. */
  update: z
    .object({
      version: agentVersionText,
      manifest: sha256Text,
      /** An operator agrees to an older version; the release has to name what it may replace, too. */
      downgrade: z.boolean().default(false),
    })
    .optional(),
  /** A device that holds a lower assignment number checks in before it obeys. */
  assignmentNumber: counter,
  /** With `unenrol`: this machine comes in anew by the install key it came with, because another uses its identity too. */
  enrolAgain: z.boolean().optional(),
  /** With `unenrol`: the agent switches its own service off when it has said that it leaves. */
  removeService: z.boolean().optional(),
});
export type Command = z.infer<typeof commandSchema>;
