/** What everybody may do with their own account. */
import { Secret, TOTP } from 'otpauth';
import { Fault } from '#protocol/codes.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { hashPassword } from '#console/auth/passwords.ts';
import { makeRecoveryCodes } from '#console/auth/recovery-codes.ts';
import { totpStep } from '#console/auth/second-factor.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { removeSessionsOf } from '#console/store/operators/operator-sessions.ts';
import { changeOperator, findOperator, type OperatorRow } from '#console/store/operators/operators.ts';
import { replaceRecoveryCodes } from '#console/store/operators/recovery-codes.ts';
import type { Db } from '#console/store/store.ts';

const secretBytes = 20;

async function rowOf(db: Db, who: SignedInOperator): Promise<OperatorRow> {
  const row = await findOperator(db, who.operator.operatorId);
  if (row === null) throw new Fault('auth.required', 'nobody is signed in');
  return row;
}

async function note({ sealer, clock }: OperatorParts, db: Db, who: SignedInOperator, action: string): Promise<void> {
  const subject = who.operator.operatorId;
  const entry = { at: clock.now(), actor: who.scope.actor, action, subject, organisationId: null, detail: {} };
  await appendAudit(db, sealer.subkey('audit'), entry);
}

/** The password of now was checked before. Every other session ends. */
export async function changeOwnPassword(parts: OperatorParts, who: SignedInOperator, password: string): Promise<void> {
  const hash = await hashPassword(password);
  await parts.store.write(async (db) => {
    await changeOperator(db, who.operator.operatorId, { password_hash: hash, setup_sha256: null });
    await removeSessionsOf(db, who.operator.operatorId, who.tokenSha256);
    await note(parts, db, who, 'operator.password-changed');
  });
}

const nextPlace = (operatorId: string) => ({ table: 'operators', row: operatorId, field: 'totp_next_sealed' });

/**
 * The secret is in the answer and, sealed, in the database. It counts once `proveSecondFactor` has seen a code of it. Fault
 * `request.conflict` for who has no password.
 */
export async function offerSecondFactor(
  { store, sealer }: OperatorParts,
  who: SignedInOperator,
): Promise<{ uri: string; secret: string }> {
  const secret = new Secret({ size: secretBytes });
  const { operatorId, name } = who.operator;
  const sealed = sealer.seal(nextPlace(operatorId), secret.base32);
  await store.write(async (db) => {
    if ((await rowOf(db, who)).password_hash === '')
      throw new Fault('request.conflict', 'who signs in by single sign-on has the second factor of the provider');
    await changeOperator(db, operatorId, { totp_next_sealed: sealed });
  });
  return { uri: new TOTP({ issuer: 'Garrison', label: name, secret }).toString(), secret: secret.base32 };
}

/** Ten recovery codes; faults `auth.refused` for a wrong code, `request.conflict` when nothing was offered. */
export async function proveSecondFactor(parts: OperatorParts, who: SignedInOperator, code: string): Promise<string[]> {
  const { store, sealer, clock } = parts;
  const { operatorId } = who.operator;
  return store.write(async (db) => {
    const { totp_next_sealed: offered } = await rowOf(db, who);
    if (offered === null) throw new Fault('request.conflict', 'no authenticator is being set up');
    const secret = sealer.open(nextPlace(operatorId), offered);
    const step = totpStep(secret, code, 0, clock.now());
    if (step === null) throw new Fault('auth.refused', 'the code is wrong');
    const place = { table: 'operators', row: operatorId, field: 'totp_sealed' };
    const columns = { totp_sealed: sealer.seal(place, secret), totp_step: step, totp_next_sealed: null };
    await changeOperator(db, operatorId, columns);
    await removeSessionsOf(db, operatorId, who.tokenSha256);
    await note(parts, db, who, 'operator.second-factor-on');
    return makeRecoveryCodes(db, sealer, operatorId);
  });
}

export async function dropSecondFactor(parts: OperatorParts, who: SignedInOperator): Promise<void> {
  const { operatorId } = who.operator;
  await parts.store.write(async (db) => {
    await changeOperator(db, operatorId, { totp_sealed: null, totp_next_sealed: null });
    await replaceRecoveryCodes(db, operatorId, []);
    await note(parts, db, who, 'operator.second-factor-off');
  });
}

export async function renewRecoveryCodes(parts: OperatorParts, who: SignedInOperator): Promise<string[]> {
  return parts.store.write(async (db) => {
    if ((await rowOf(db, who)).totp_sealed === null)
      throw new Fault('request.conflict', 'recovery codes stand in for an authenticator, and there is none');
    await note(parts, db, who, 'operator.recovery-codes-made');
    return makeRecoveryCodes(db, parts.sealer, who.operator.operatorId);
  });
}
