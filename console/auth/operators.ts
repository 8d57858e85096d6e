/** Who an operator is, and what may be done with one. */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { equal, sha256Hex } from '#protocol/crypto.ts';
import type { Operator } from '#console/api/session.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { hashPassword } from '#console/auth/passwords.ts';
import { openSession, whoIs, type Opened, type Origin } from '#console/auth/sessions.ts';
import { createSignInLimits } from '#console/auth/sign-in-limits.ts';
import { confirm, signIn, type Proof, type SignIn, type SignInAnswer } from '#console/auth/sign-in.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import { appendAudit } from '#console/store/audit.ts';
import { readMeta, removeMeta, writeMeta } from '#console/store/meta.ts';
import { removeSession } from '#console/store/operator-sessions.ts';
import {
  addOperator,
  findOperatorByName,
  hasOperators,
  setPassword,
  type OperatorRow,
} from '#console/store/operators.ts';
import type { Db } from '#console/store/store.ts';

export type { OperatorParts } from '#console/auth/parts.ts';
export type { SignedInOperator } from '#console/auth/signed-in.ts';

export interface Operators {
  signIn(request: SignIn): Promise<SignInAnswer>;
  /** Password and code again, for `fresh` routes. */
  confirm(who: SignedInOperator, request: Proof & { readonly address: string }): Promise<'confirmed' | 'code-required'>;
  /** null: no live session behind this cookie. */
  whoIs(token: string | undefined): Promise<SignedInOperator | null>;
  signOut(who: SignedInOperator): Promise<void>;
  exist(): Promise<boolean>;
  firstAdministrator(request: { secret: string; name: string; password: string } & Origin): Promise<Opened>;
}

export interface NewOperator {
  readonly name: string;
  readonly password: string;
  readonly role: Operator['role'];
}

/** Row of a new operator; the password is hashed before any transaction begins. */
export async function newOperatorRow(wanted: NewOperator, nowMs: number): Promise<OperatorRow> {
  return { ...withoutPassword(wanted, nowMs), password_hash: await hashPassword(wanted.password) };
}

/** Row of a new operator whom no password lets in. */
function withoutPassword({ name, role }: { name: string; role: string }, nowMs: number): OperatorRow {
  return {
    operator_id: `opr_${randomBytes(12).toString('hex')}`,
    name: name.trim(),
    name_folded: name.trim().toLowerCase(),
    password_hash: '',
    role,
    organisations: null,
    totp_sealed: null,
    totp_step: 0,
    disabled_at: null,
    created_at: nowMs,
    setup_sha256: null,
    setup_expires_at: null,
    totp_next_sealed: null,
    removed_at: null,
    created_by: null,
    signed_in_at: null,
  };
}

/** Makes an administrator, or gives an existing one a new password (and ends its sessions). */
export async function ensureAdministrator(
  parts: OperatorParts,
  wanted: { name: string; password: string },
): Promise<'made' | 'changed'> {
  const { store, sealer, clock } = parts;
  const at = clock.now();
  const row = await newOperatorRow({ ...wanted, role: 'admin' }, at);
  return store.write(async (db) => {
    const known = await findOperatorByName(db, wanted.name);
    if (known === null) await addOperator(db, row);
    else await setPassword(db, known.operator_id, row.password_hash);
    await removeMeta(db, 'first-administrator');
    const action = known === null ? 'operator.made' : 'operator.password-changed';
    const subject = known?.operator_id ?? row.operator_id;
    const actor = 'console:command-line';
    await appendAudit(db, sealer.subkey('audit'), {
      at,
      actor,
      action,
      subject,
      organisationId: null,
      detail: { name: row.name },
    });
    return known === null ? 'made' : 'changed';
  });
}

/** Secret of the link that makes the first administrator; only its hash is kept. */
export async function offerFirstAdministrator(db: Db): Promise<string> {
  const secret = randomBytes(24).toString('base64url');
  await writeMeta(db, 'first-administrator', sha256Hex(secret));
  return secret;
}

async function takeFirstAdministrator(parts: OperatorParts, secret: string, row: OperatorRow): Promise<void> {
  await parts.store.write(async (db) => {
    const expected = await readMeta(db, 'first-administrator');
    const fits = expected !== null && equal(Buffer.from(expected), Buffer.from(sha256Hex(secret)));
    if (!fits || (await hasOperators(db))) throw new Fault('auth.forbidden', 'this link is used up');
    await removeMeta(db, 'first-administrator');
    await addOperator(db, row);
  });
}

export function createOperators(parts: OperatorParts): Operators {
  const { store, clock } = parts;
  const limits = createSignInLimits(() => clock.now());
  return {
    signIn: (request) => signIn(parts, limits, request),
    confirm: (who, request) => confirm(parts, limits, who, request),
    whoIs: (token) => whoIs(parts, token),
    async signOut(who) {
      await store.write((db) => removeSession(db, who.tokenSha256));
    },
    exist: () => hasOperators(store.read),
    async firstAdministrator({ secret, name, password, ...from }) {
      const row = await newOperatorRow({ name, password, role: 'admin' }, clock.now());
      await takeFirstAdministrator(parts, secret, row);
      return openSession(parts, row, from, 'password');
    },
  };
}
