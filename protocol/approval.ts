/**
 * What the owner key has approved by name, once per thing: a deb, which carries no vendor signature (G2), or a site key, which
 * is remote control (G1). Needed only where the key set says `trust: owner`; then a stolen console can install nothing new.
 */
import * as z from 'zod';
import { openEnvelope, type Envelope } from '#protocol/envelope.ts';
import { idText, isoTime, sha256Text } from '#protocol/words.ts';

export const approvalSchema = z.object({
  consoleId: idText,
  subject: z.enum(['package', 'site-key']),
  /** Of the package file, or of the site key. */
  sha256: sha256Text,
  issuedAt: isoTime,
  notAfter: isoTime,
});
export type Approval = z.infer<typeof approvalSchema>;

export interface Approved {
  readonly packages: readonly string[];
  readonly siteKeys: readonly string[];
}

/** The digests that `ownerKey` has approved for this console and that have not run out; everything else is passed over. */
export function readApprovals(
  envelopes: readonly Envelope[],
  expected: { readonly ownerKey: string; readonly consoleId: string; readonly nowMs: number },
): Approved {
  const approvals = envelopes.flatMap((envelope) => {
    const opened = openEnvelope('approval', envelope, [expected.ownerKey]);
    const parsed = opened.ok ? approvalSchema.safeParse(opened.value) : null;
    if (parsed?.success !== true || parsed.data.consoleId !== expected.consoleId) return [];
    return Date.parse(parsed.data.notAfter) > expected.nowMs ? [parsed.data] : [];
  });
  const digests = (subject: Approval['subject']): string[] =>
    approvals.filter((one) => one.subject === subject).map((one) => one.sha256);
  return { packages: digests('package'), siteKeys: digests('site-key') };
}
