/** Signatures of webhooks by the open scheme "Standard Webhooks" 1.0, so that receivers find a library for it. Pure. */
import { hmac } from '#protocol/crypto.ts';

const prefix = 'whsec_';

/** As it is handed out and entered at the receiver. */
export function writeSecret(key: Uint8Array): string {
  return `${prefix}${Buffer.from(key).toString('base64')}`;
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(prefix.length), 'base64');
}

/**
 * Headers of one sending. The id is the event's and stays the same in every try, the time is that of this try: a
 * receiver refuses what is older than five minutes and what it has had already.
 */
export function signatureHeaders(
  secrets: readonly string[],
  event: { readonly id: string; readonly body: string; readonly nowMs: number },
): Record<string, string> {
  const timestamp = String(Math.floor(event.nowMs / 1000));
  const signed = `${event.id}.${timestamp}.${event.body}`;
  return {
    'webhook-id': event.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${hmac(keyOf(secret), signed).toString('base64')}`).join(' '),
  };
}
