/**
 * The key set: everything a device must trust about its console, signed by the offline owner key. It can be replaced only
 * by a newer one that the same owner key signed, so that a stolen console can rotate nothing and a lost one orphans nobody.
 */
import * as z from 'zod';
import { openEnvelope, type Envelope } from '#protocol/envelope.ts';
import { Fault } from '#protocol/codes.ts';
import { base64UrlText, counter, idText, isoTime, sha256Text } from '#protocol/words.ts';

const rawKey = base64UrlText.length(43);

export const keySetSchema = z.object({
  consoleId: idText,
  epoch: counter,
  number: counter,
  issuedAt: isoTime,
  notAfter: isoTime,
  /** Ed25519 keys that sign assignments, commands and the time. */
  signingKeys: z.array(rawKey).min(1).max(4),
  /** X25519 key to which enrolment keys are sealed and with which sessions are agreed. */
  sealingKey: rawKey,
  /** SHA-256 (hex) of the certificate's public key (SPKI); empty: the system's certificate authorities decide. */
  tlsPins: z.array(sha256Text).max(8),
  addresses: z.array(z.url().max(300)).min(1).max(8),
  /** SentinelOne hosts (host or host:port) whose site tokens may be used (G1). */
  vendorHosts: z.array(z.string().max(260)).max(32),
  trust: z.enum(['console-only', 'owner']),
});
export type KeySet = z.infer<typeof keySetSchema>;

/** Fault `keys.expired` when nothing that these keys sign may be begun any more; a newer key set is taken all the same. */
export function refuseExpiredKeys({ notAfter }: KeySet, nowMs: number): void {
  if (Date.parse(notAfter) <= nowMs) throw new Fault('keys.expired', `the key set was valid until ${notAfter}`);
}

/** A key set as of now, or a Fault `keys.untrusted` / `keys.older`. Equal (epoch, number) is accepted and changes nothing. */
export function acceptKeySet(envelope: Envelope, ownerKey: string, current: KeySet | null): KeySet {
  const opened = openEnvelope('keySet', envelope, [ownerKey]);
  if (!opened.ok) throw new Fault('keys.untrusted', opened.why);
  const parsed = keySetSchema.safeParse(opened.value);
  if (!parsed.success) throw new Fault('keys.untrusted', `not a key set: ${z.prettifyError(parsed.error)}`);
  const next = parsed.data;
  if (current === null) return next;
  if (next.consoleId !== current.consoleId) throw new Fault('keys.untrusted', 'made for another console');
  const older = next.epoch < current.epoch || (next.epoch === current.epoch && next.number < current.number);
  if (older)
    throw new Fault('keys.older', `has ${next.epoch}/${next.number}, we hold ${current.epoch}/${current.number}`);
  return next;
}
