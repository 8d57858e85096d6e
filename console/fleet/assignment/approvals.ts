/** Approvals by the owner key: what may be installed where the key set says `trust: owner` (G1, G2). */
import { approvalSchema, type Approval } from '#protocol/approval.ts';
import { Fault } from '#protocol/codes.ts';
import type { KeyPair } from '#protocol/crypto.ts';
import { signEnvelope } from '#protocol/envelope.ts';
import { consoleScope } from '#console/auth/scope.ts';
import type { ConsoleKeys } from '#console/keys.ts';
import { writeApproval } from '#console/store/sentinelone/approvals.ts';
import { raisePolicyVersion } from '#console/store/organisations.ts';
import type { Db } from '#console/store/store.ts';

/** Longer than any package is installed for; a withdrawn one is replaced in the console, not waited out. */
const lifetimeMs = 2 * 365 * 86_400_000;

export interface ApprovalRequest {
  readonly keys: ConsoleKeys;
  /** Used and forgotten. */
  readonly owner: KeyPair;
  readonly subject: Approval['subject'];
  readonly sha256: string;
  readonly nowMs: number;
}

/** Devices get it with their next assignment. Fault `auth.refused` when this is not the owner key of the console. */
export async function addApproval(db: Db, request: ApprovalRequest): Promise<void> {
  const { keys, owner, subject, sha256, nowMs } = request;
  if (owner.publicKey !== keys.ownerKey) throw new Fault('auth.refused', 'this is not the owner key of this console');
  const approval = approvalSchema.parse({
    consoleId: keys.consoleId,
    subject,
    sha256,
    issuedAt: new Date(nowMs).toISOString(),
    notAfter: new Date(nowMs + lifetimeMs).toISOString(),
  });
  const envelope = JSON.stringify(signEnvelope('approval', approval, [owner]));
  await writeApproval(db, { subject, sha256, envelope, created_at: nowMs });
  await raisePolicyVersion(db, consoleScope('approve'), null);
}
