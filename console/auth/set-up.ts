/** Set-up links: whoever holds one chooses the password of that operator, once, until it expires. */
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { hashPassword } from '#console/auth/passwords.ts';
import { openSession, type Opened, type Origin } from '#console/auth/sessions.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { findBySetUpLink, takeSetUpLink } from '#console/store/operators/operator-list.ts';
import { setPassword, type OperatorRow } from '#console/store/operators/operators.ts';
import type { Db } from '#console/store/store.ts';

const usedUp = (): Fault => new Fault('auth.forbidden', 'this link is used up or too old');

async function linked(db: Db, secret: string, nowMs: number): Promise<OperatorRow> {
  const row = await findBySetUpLink(db, sha256Hex(secret), nowMs);
  if (row === null) throw usedUp();
  return row;
}

/** Whose link it is; changes nothing. */
export async function lookAtSetUp(
  { store, clock }: OperatorParts,
  secret: string,
): Promise<{ name: string; expiresAtMs: number }> {
  const row = await linked(store.read, secret, clock.now());
  return { name: row.name, expiresAtMs: row.setup_expires_at ?? 0 };
}

/** null: the password is set, and signing in needs the authenticator, which the link does not stand for. */
export async function choosePassword(
  parts: OperatorParts,
  { secret, password, ...from }: { secret: string; password: string } & Origin,
): Promise<{ row: OperatorRow; opened: Opened | null }> {
  const { store, sealer, clock } = parts;
  await linked(store.read, secret, clock.now());
  const hash = await hashPassword(password);
  const row = await store.write(async (db) => {
    const current = await linked(db, secret, clock.now());
    if (!(await takeSetUpLink(db, current.operator_id, sha256Hex(secret)))) throw usedUp();
    await setPassword(db, current.operator_id, hash);
    await appendAudit(db, sealer.subkey('audit'), {
      at: clock.now(),
      actor: `operator:${current.name}`,
      action: 'operator.set-up',
      subject: current.operator_id,
      organisationId: null,
      detail: { address: from.address },
    });
    return current;
  });
  const opened = row.totp_sealed === null ? await openSession(parts, row, from, 'password') : null;
  return { row, opened };
}
