/** Who somebody is here: by issuer and subject alone. Whoever is new waits for a role (F5: nobody comes in by a name). */
import { Fault } from '#protocol/codes.ts';
import { withoutPassword } from '#console/auth/operator-row.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import type { Person } from '#console/auth/sign-on/claims.ts';
import { operatorOf } from '#console/auth/signed-in.ts';
import { appendAudit, lockAudit } from '#console/store/audit/audit.ts';
import {
  countWaitingForRole,
  findByIdentity,
  linkIdentity,
  renameIdentity,
} from '#console/store/operators/identities.ts';
import { addOperator, findNamedOperator, type OperatorRow } from '#console/store/operators/operators.ts';
import type { Db } from '#console/store/store.ts';

const waitingMax = 100;
const sameNameMax = 50;

/** Somebody else may have that name already, a local account too; then a number tells them apart. */
async function freeName(db: Db, name: string): Promise<string> {
  for (let number = 1; number <= sameNameMax; number += 1) {
    const wanted = number === 1 ? name : `${name} (${number})`;
    if ((await findNamedOperator(db, wanted)) === null) return wanted;
  }
  throw new Fault('sign-on.waiting-full', 'too many people have that name');
}

async function addWaiting(parts: OperatorParts, db: Db, issuer: string, person: Person): Promise<OperatorRow> {
  const { clock, sealer } = parts;
  if ((await countWaitingForRole(db)) >= waitingMax)
    throw new Fault('sign-on.waiting-full', `${waitingMax} people wait for a role already`);
  const nowMs = clock.now();
  const { subject, name: signOnName } = person;
  const row = {
    ...withoutPassword({ name: await freeName(db, signOnName), role: 'none' }, nowMs),
    created_by: 'single sign-on',
  };
  await addOperator(db, row);
  await linkIdentity(db, { issuer, subject, operator_id: row.operator_id, name: signOnName, linked_at: nowMs });
  const { operator_id: operatorId, name } = row;
  await appendAudit(db, sealer.subkey('audit'), {
    at: nowMs,
    actor: 'console:single-sign-on',
    action: 'operator.asked-for-role',
    subject: operatorId,
    organisationId: null,
    detail: { name, issuer, signOnSubject: subject, mail: person.mail },
  });
  return row;
}

/** The row of that person, made where there is none; whether they may come in, `demandAdmitted` says. */
export async function findOrAddPerson(
  parts: OperatorParts,
  issuer: string,
  person: Person,
): Promise<{ row: OperatorRow; added: boolean }> {
  const { subject, name } = person;
  const found = await findByIdentity(parts.store.read, { issuer, subject });
  if (found !== null) {
    await parts.store.write((db) => renameIdentity(db, { issuer, subject }, name));
    return { row: found, added: false };
  }
  return parts.store.write(async (db) => {
    // The same person, or somebody of that name, may come through another process at the same moment.
    await lockAudit(db);
    const known = await findByIdentity(db, { issuer, subject });
    return known === null
      ? { row: await addWaiting(parts, db, issuer, person), added: true }
      : { row: known, added: false };
  });
}

/** Faults `sign-on.disabled`, `sign-on.no-role`. */
export function demandAdmitted(row: OperatorRow): void {
  if (row.disabled_at !== null) throw new Fault('sign-on.disabled', 'this account is disabled');
  if (operatorOf(row) === null) throw new Fault('sign-on.no-role', 'an administrator has given no role yet');
}
