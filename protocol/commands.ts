/** A command: one verb of a closed list, for one device, with an expiry; the payload of a signed envelope. */
import * as z from 'zod';
import { commandVerbs, counter, idText, isoTime } from '#protocol/words.ts';

export const commandSchema = z.object({
  consoleId: idText,
  deviceId: idText,
  epoch: counter,
  commandId: idText,
  verb: z.enum(commandVerbs),
  issuedAt: isoTime,
  expiresAt: isoTime,
  /** A device that holds a lower assignment number checks in before it obeys. */
  assignmentNumber: counter,
  /** With `unenrol`: this machine comes in anew by the install key it came with, because another uses its identity too. */
  enrolAgain: z.boolean().optional(),
});
export type Command = z.infer<typeof commandSchema>;
