/** The enrolment string: what an administrator hands to a device, in one line. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { base64UrlText, idText } from '#protocol/words.ts';

const prefix = 'garrison1.';

export const enrolmentSchema = z.object({
  addresses: z.array(z.url().max(300)).min(1).max(8),
  /** Ed25519 public key of the owner; the device believes nothing that does not lead back to it. */
  ownerKey: base64UrlText.length(43),
  /** The install key itself: id and secret. Empty secret: the string pins the console and enrols nothing. */
  keyId: idText,
  secret: base64UrlText.max(64),
});
export type Enrolment = z.infer<typeof enrolmentSchema>;

/** Base64url without node:buffer, so that the page can read it too. */
function toBase64Url(text: string): string {
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}

export function writeEnrolmentString(enrolment: Enrolment): string {
  return prefix + toBase64Url(JSON.stringify(enrolment));
}

/** Fault `enrol.malformed` for anything else than a whole enrolment string; blanks around it are forgiven. */
export function readEnrolmentString(text: string): Enrolment {
  const trimmed = text.trim();
  if (!trimmed.startsWith(prefix)) throw new Fault('enrol.malformed', `does not begin with ${prefix}`);
  try {
    const parsed = enrolmentSchema.safeParse(JSON.parse(fromBase64Url(trimmed.slice(prefix.length))));
    if (parsed.success) return parsed.data;
  } catch {
    // Same answer below: an unreadable string is a malformed one, and its content must not reach a log.
  }
  throw new Fault('enrol.malformed', 'is cut off or changed');
}
