/** Name, password and code: at sign-in, and again before what opens doors (G22). */
import { Fault } from '#protocol/codes.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { passwordFits } from '#console/auth/passwords.ts';
import { openSession, type Opened, type Origin } from '#console/auth/sessions.ts';
import type { SignInLimits, Try } from '#console/auth/sign-in-limits.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import { recoveryCodeShape, spendRecoveryCode } from '#console/auth/recovery-codes.ts';
import { totpStep } from '#console/auth/second-factor.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { confirmSession } from '#console/store/operators/operator-sessions.ts';
import { findOperator, findOperatorByName, useTotpStep, type OperatorRow } from '#console/store/operators/operators.ts';

export interface Proof {
  readonly password: string;
  readonly code?: string | undefined;
}

export interface SignIn extends Proof, Origin {
  readonly name: string;
}

export type SignInAnswer = { readonly kind: 'code-required' } | ({ readonly kind: 'signed-in' } & Opened);

type Second = 'none' | 'missing' | 'fits' | 'wrong';

async function secondFactor(
  parts: OperatorParts,
  row: OperatorRow,
  { code, tried }: { readonly code: string | undefined; readonly tried: Try },
): Promise<Second> {
  if (row.totp_sealed === null) return 'none';
  if (code === undefined) return 'missing';
  await tried.demandCode();
  if (recoveryCodeShape.test(code.toLowerCase())) return recovered(parts, row, code);
  const place = { table: 'operators', row: row.operator_id, field: 'totp_sealed' };
  const step = totpStep(parts.sealer.open(place, row.totp_sealed), code, row.totp_step, parts.clock.now());
  if (step === null) return 'wrong';
  return (await parts.store.write((db) => useTotpStep(db, row.operator_id, step))) ? 'fits' : 'wrong';
}

async function recovered({ store, sealer, clock }: OperatorParts, row: OperatorRow, code: string): Promise<Second> {
  const { operator_id: operatorId, name } = row;
  const nowMs = clock.now();
  return store.write(async (db) => {
    if (!(await spendRecoveryCode(db, sealer, { operatorId, code, nowMs }))) return 'wrong';
    const action = 'operator.recovery-code-used';
    const entry = {
      at: nowMs,
      actor: `operator:${name}`,
      action,
      subject: operatorId,
      organisationId: null,
      detail: {},
    };
    await appendAudit(db, sealer.subkey('audit'), entry);
    return 'fits';
  });
}

/** Counts what fails. `missing`: the password is right and the code was not given. Faults `auth.refused`, `rate-limited`. */
async function prove(
  parts: OperatorParts,
  tried: Try,
  row: OperatorRow | null,
  { password, code }: Proof,
): Promise<{ row: OperatorRow; second: 'none' | 'missing' | 'fits' }> {
  // Costs the same for a name that nobody has (G22).
  const fits = await passwordFits(password, row?.password_hash ?? null).catch(async (error: unknown) => {
    // Not even looked at: too many at once.
    await tried.forgive();
    throw error;
  });
  const second = row === null || !fits ? 'wrong' : await secondFactor(parts, row, { code, tried });
  if (row === null || second === 'wrong') throw new Fault('auth.refused', 'name, password or code is wrong');
  if (second === 'missing') await tried.forgive();
  else await tried.cameIn();
  return { row, second };
}

export async function signIn(parts: OperatorParts, limits: SignInLimits, asked: SignIn): Promise<SignInAnswer> {
  const tried = await limits.demand(asked.name, asked.address);
  const named = await findOperatorByName(parts.store.read, asked.name);
  const { row, second } = await prove(parts, tried, named, asked);
  if (second === 'missing') return { kind: 'code-required' };
  return { kind: 'signed-in', ...(await openSession(parts, row, asked, 'password')) };
}

/** The person at an open session proves again to be that person. */
export async function confirm(
  parts: OperatorParts,
  limits: SignInLimits,
  who: SignedInOperator,
  asked: Proof & { readonly address: string },
): Promise<'confirmed' | 'code-required'> {
  const { name, operatorId } = who.operator;
  const tried = await limits.demand(name, asked.address);
  const row = await findOperator(parts.store.read, operatorId);
  const { second } = await prove(parts, tried, row, asked);
  if (second === 'missing') return 'code-required';
  await parts.store.write((db) => confirmSession(db, who.tokenSha256, parts.clock.now()));
  return 'confirmed';
}
