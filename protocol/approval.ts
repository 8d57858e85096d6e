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

export interface ApprovedDigest {
  readonly sha256: string;
  readonly notAfterMs: number;
}

export interface Approved {
  readonly packages: readonly ApprovedDigest[];
  readonly siteKeys: readonly ApprovedDigest[];
}

/** What `ownerKey` has approved for this console; everything else is passed over. Whether it still holds is asked at use. */
export function readApprovals(
  envelopes: readonly Envelope[],
  expected: { readonly ownerKey: string; readonly consoleId: string },
): Approved {
  const approvals = envelopes.flatMap((envelope) => {
    const opened = openEnvelope('approval', envelope, [expected.ownerKey]);
    const parsed = opened.ok ? approvalSchema.safeParse(opened.value) : null;
    if (parsed?.success !== true || parsed.data.consoleId !== expected.consoleId) return [];
    return [parsed.data];
  });
  const digests = (subject: Approval['subject']): ApprovedDigest[] =>
    approvals
      .filter((one) => one.subject === subject)
      .map(({ sha256, notAfter }) => ({ sha256, notAfterMs: Date.parse(notAfter) }));
  return { packages: digests('package'), siteKeys: digests('site-key') };
}

export function isApproved(list: readonly ApprovedDigest[], sha256: string, nowMs: number): boolean {
  return list.some((one) => one.sha256 === sha256 && one.notAfterMs > nowMs);
}
