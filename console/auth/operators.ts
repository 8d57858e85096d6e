/** Who an operator is, and what may be done with one. */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { equal, sha256Hex } from '#protocol/crypto.ts';
import { createApiKeys } from '#console/auth/api-keys.ts';
import { newOperatorRow } from '#console/auth/operator-row.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { openSession, whoIs, type Opened, type Origin } from '#console/auth/sessions.ts';
import { createSignInLimits } from '#console/auth/sign-in-limits.ts';
import { confirm, signIn, type Proof, type SignIn, type SignInAnswer } from '#console/auth/sign-in.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { unlinkIdentities } from '#console/store/operators/identities.ts';
import { readMeta, removeMeta, takeMeta, writeMeta } from '#console/store/meta.ts';
import { removeSession } from '#console/store/operators/operator-sessions.ts';
import {
  addOperator,
  changeOperator,
  findNamedOperator,
  hasOperators,
  setPassword,
  type OperatorRow,
} from '#console/store/operators/operators.ts';
import type { Db } from '#console/store/store.ts';

export { newOperatorRow } from '#console/auth/operator-row.ts';
export type { OperatorParts } from '#console/auth/parts.ts';
export type { SignedInOperator } from '#console/auth/signed-in.ts';

export interface Operators {
  signIn(request: SignIn): Promise<SignInAnswer>;
  /** Password and code again, for `fresh` routes. */
  confirm(who: SignedInOperator, request: Proof & { readonly address: string }): Promise<'confirmed' | 'code-required'>;
  /** null: no live session behind this cookie. */
  whoIs(token: string | undefined): Promise<SignedInOperator | null>;
  /** Behind an API key, as it is sent; null: none that works. */
  byApiKey(sent: string, address: string): Promise<SignedInOperator | null>;
  signOut(who: SignedInOperator): Promise<void>;
  exist(): Promise<boolean>;
  firstAdministrator(request: { secret: string; name: string; password: string } & Origin): Promise<Opened>;
}

/**
 * From the command line, by whoever may read the console's files: makes an administrator of everything, or gives that name
 * a new password, this role and entry again. Sessions end.
 */
export async function ensureAdministrator(
  parts: OperatorParts,
  wanted: { name: string; password: string },
): Promise<'made' | 'changed'> {
  const { store, sealer, clock } = parts;
  const row = await newOperatorRow({ ...wanted, role: 'admin' }, clock.now());
  const known = await store.write(async (db) => {
    const before = await findNamedOperator(db, wanted.name);
    await removeMeta(db, 'first-administrator');
    if (before === null) await addOperator(db, row);
    else await setPassword(db, before.operator_id, row.password_hash);
    // From here on this is a local account: whom the provider calls so must not become its administrator.
    if (before !== null) await unlinkIdentities(db, before.operator_id);
    if (before !== null)
      await changeOperator(db, before.operator_id, { role: 'admin', organisations: null, disabled_at: null });
    await appendAudit(db, sealer.subkey('audit'), {
      at: clock.now(),
      actor: 'console:command-line',
      action: before === null ? 'operator.made' : 'operator.password-changed',
      subject: before?.operator_id ?? row.operator_id,
      organisationId: null,
      detail: { name: row.name, role: 'admin' },
    });
    return before;
  });
  if (known !== null) await store.announce(`operator:${known.operator_id}`);
  return known === null ? 'made' : 'changed';
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
    const isOver = !fits || (await hasOperators(db)) || !(await takeMeta(db, 'first-administrator', expected));
    if (isOver) throw new Fault('auth.forbidden', 'this link is used up');
    await addOperator(db, row);
    await appendAudit(db, parts.sealer.subkey('audit'), {
      at: parts.clock.now(),
      actor: 'console:first-administrator',
      action: 'operator.made',
      subject: row.operator_id,
      organisationId: null,
      detail: { name: row.name, role: 'admin' },
    });
  });
}

export function createOperators(parts: OperatorParts): Operators {
  const { store, clock } = parts;
  const limits = createSignInLimits(parts);
  const apiKeys = createApiKeys(parts);
  return {
    signIn: (request) => signIn(parts, limits, request),
    confirm: (who, request) => confirm(parts, limits, who, request),
    whoIs: (token) => whoIs(parts, token),
    byApiKey: (sent, address) => apiKeys.whoIs(sent, address),
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
