/** Signing in, the session behind a cookie, and who an operator is. */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { equal, sha256Hex } from '#protocol/crypto.ts';
import { operatorSchema, type Operator } from '#console/api/session.ts';
import { hashPassword, passwordFits } from '#console/auth/passwords.ts';
import { operatorScope, type Scope } from '#console/auth/scope.ts';
import { totpStep } from '#console/auth/second-factor.ts';
import { createSignInLimits } from '#console/auth/sign-in-limits.ts';
import type { Clock } from '#console/context.ts';
import type { Sealer } from '#console/secrets.ts';
import { appendAudit } from '#console/store/audit.ts';
import { readMeta, removeMeta, writeMeta } from '#console/store/meta.ts';
import {
  addOperator,
  addSession,
  findOperator,
  findOperatorByName,
  findSession,
  hasOperators,
  removeSession,
  setPassword,
  touchSession,
  useTotpStep,
  type OperatorRow,
} from '#console/store/operators.ts';
import type { Db, Store } from '#console/store/store.ts';

export const sessionLifeMs = 12 * 3_600_000;
const idleMs = 2 * 3_600_000;
const touchEveryMs = 60_000;

export interface SignedInOperator {
  readonly operator: Operator;
  readonly csrfToken: string;
  readonly tokenSha256: string;
  readonly scope: Scope;
}

export type SignInAnswer =
  | { readonly kind: 'code-required' }
  | { readonly kind: 'signed-in'; readonly token: string; readonly who: SignedInOperator };

export interface SignIn {
  readonly name: string;
  readonly password: string;
  readonly code?: string | undefined;
  readonly address: string;
}

export interface Operators {
  signIn(request: SignIn): Promise<SignInAnswer>;
  /** null: no live session behind this cookie. */
  whoIs(token: string | undefined): Promise<SignedInOperator | null>;
  signOut(who: SignedInOperator): Promise<void>;
  exist(): Promise<boolean>;
  firstAdministrator(request: {
    secret: string;
    name: string;
    password: string;
  }): Promise<{ token: string; who: SignedInOperator }>;
}

export interface OperatorParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

function operatorOf(row: OperatorRow): Operator {
  const organisationIds: unknown = row.organisations === null ? null : JSON.parse(row.organisations);
  return operatorSchema.parse({ operatorId: row.operator_id, name: row.name, role: row.role, organisationIds });
}

function whoOf(row: OperatorRow, session: { csrf: string; token_sha256: string }): SignedInOperator {
  const operator = operatorOf(row);
  return { operator, csrfToken: session.csrf, tokenSha256: session.token_sha256, scope: operatorScope(operator) };
}

export interface NewOperator {
  readonly name: string;
  readonly password: string;
  readonly role: Operator['role'];
}

/** Row of a new operator; the password is hashed before any transaction begins. */
export async function newOperatorRow(wanted: NewOperator, nowMs: number): Promise<OperatorRow> {
  return {
    operator_id: `opr_${randomBytes(12).toString('hex')}`,
    name: wanted.name.trim(),
    name_folded: wanted.name.trim().toLowerCase(),
    password_hash: await hashPassword(wanted.password),
    role: wanted.role,
    organisations: null,
    totp_sealed: null,
    totp_step: 0,
    disabled_at: null,
    created_at: nowMs,
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

async function openSession(parts: OperatorParts, row: OperatorRow): Promise<{ token: string; who: SignedInOperator }> {
  const token = randomBytes(32).toString('base64url');
  const nowMs = parts.clock.now();
  const session = {
    token_sha256: sha256Hex(token),
    operator_id: row.operator_id,
    csrf: randomBytes(24).toString('base64url'),
    created_at: nowMs,
    used_at: nowMs,
    expires_at: nowMs + sessionLifeMs,
  };
  await parts.store.write(async (db) => {
    await addSession(db, session);
    const audit = { at: nowMs, actor: `operator:${row.name}`, action: 'operator.signed-in', subject: row.operator_id };
    await appendAudit(db, parts.sealer.subkey('audit'), { ...audit, organisationId: null, detail: {} });
  });
  return { token, who: whoOf(row, session) };
}

const refused = (): Fault => new Fault('auth.refused', 'name, password or code is wrong');

async function secondFactor(
  parts: OperatorParts,
  row: OperatorRow,
  code: string | undefined,
): Promise<'none' | 'missing' | 'fits' | 'wrong'> {
  if (row.totp_sealed === null) return 'none';
  if (code === undefined) return 'missing';
  const place = { table: 'operators', row: row.operator_id, field: 'totp_sealed' };
  const step = totpStep(parts.sealer.open(place, row.totp_sealed), code, row.totp_step, parts.clock.now());
  if (step === null) return 'wrong';
  return (await parts.store.write((db) => useTotpStep(db, row.operator_id, step))) ? 'fits' : 'wrong';
}

async function whoIs(parts: OperatorParts, token: string | undefined): Promise<SignedInOperator | null> {
  if (token === undefined || !/^[A-Za-z0-9_-]{43}$/.test(token)) return null;
  const nowMs = parts.clock.now();
  const session = await findSession(parts.store.read, sha256Hex(token), nowMs);
  if (session === null || session.used_at + idleMs < nowMs) return null;
  const row = await findOperator(parts.store.read, session.operator_id);
  if (row === null) return null;
  if (session.used_at + touchEveryMs < nowMs) {
    await parts.store.write((db) => touchSession(db, session.token_sha256, nowMs));
  }
  return whoOf(row, session);
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
    async signIn({ name, password, code, address }) {
      limits.demand(name, address);
      const row = await findOperatorByName(store.read, name);
      const fits = await passwordFits(password, row?.password_hash ?? null);
      const second = row === null || !fits ? 'wrong' : await secondFactor(parts, row, code);
      if (row === null || second === 'wrong') {
        limits.failed(name, address);
        throw refused();
      }
      if (second === 'missing') return { kind: 'code-required' };
      limits.succeeded(name);
      return { kind: 'signed-in', ...(await openSession(parts, row)) };
    },
    whoIs: (token) => whoIs(parts, token),
    async signOut(who) {
      await store.write((db) => removeSession(db, who.tokenSha256));
    },
    exist: () => hasOperators(store.read),
    async firstAdministrator({ secret, name, password }) {
      const row = await newOperatorRow({ name, password, role: 'admin' }, clock.now());
      await takeFirstAdministrator(parts, secret, row);
      return openSession(parts, row);
    },
  };
}
