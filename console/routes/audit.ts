/** Writes what an operator did, in the transaction that does it. */
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { appendAudit, type AuditEntry } from '#console/store/audit/audit.ts';
import type { Db } from '#console/store/store.ts';

export type Deed = Pick<AuditEntry, 'action' | 'subject' | 'organisationId' | 'detail'>;

export async function auditBy(side: OperatorSide, db: Db, who: SignedInOperator, deed: Deed): Promise<void> {
  const { sealer, clock } = side.devices;
  await appendAudit(db, sealer.subkey('audit'), { ...deed, at: clock.now(), actor: who.scope.actor });
}
