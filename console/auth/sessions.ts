/** The session behind a cookie: opened at sign-in, confirmed from time to time, ended by whoever may. */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { signedInOf, type SignedInOperator } from '#console/auth/signed-in.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { findOperator, noteSignIn, type OperatorRow } from '#console/store/operators/operators.ts';
import { addSession, findSession, touchSession } from '#console/store/operators/operator-sessions.ts';
import type { Db } from '#console/store/store.ts';

export const sessionLifeMs = 12 * 3_600_000;
const idleMs = 2 * 3_600_000;
const touchEveryMs = 60_000;

/** From where somebody signs in, for the list of sessions. */
export interface Origin {
  readonly address: string;
  readonly browser: string;
}

export interface Opened {
  readonly token: string;
  readonly who: SignedInOperator;
}

/** Somebody whom the single sign-on provider has named. */
export interface SignedOn {
  readonly via: 'sign-on';
  /** When the person proved it there; 0: the provider does not say. */
  readonly freshAtMs: number;
  /** Asked in the transaction that opens the session. */
  demand(db: Db): Promise<void>;
}

/** Fault `auth.refused` when the operator has no role (any more). */
export async function openSession(
  { store, sealer, clock }: OperatorParts,
  row: OperatorRow,
  from: Origin,
  how: 'password' | SignedOn,
): Promise<Opened> {
  const token = randomBytes(32).toString('base64url');
  const nowMs = clock.now();
  const via = how === 'password' ? how : how.via;
  const session = {
    token_sha256: sha256Hex(token),
    session_id: `ses_${randomBytes(12).toString('hex')}`,
    operator_id: row.operator_id,
    csrf: randomBytes(24).toString('base64url'),
    created_at: nowMs,
    used_at: nowMs,
    expires_at: nowMs + sessionLifeMs,
    fresh_at: how === 'password' ? nowMs : how.freshAtMs,
    address: from.address.slice(0, 60),
    browser: from.browser.slice(0, 200),
    via,
  };
  const who = signedInOf(row, session, nowMs);
  if (who === null) throw new Fault('auth.refused', 'this account has no role');
  await store.write(async (db) => {
    if (how !== 'password') await how.demand(db);
    await addSession(db, session);
    await noteSignIn(db, row.operator_id, nowMs);
    const { name, operator_id: subject } = row;
    const entry = { at: nowMs, actor: `operator:${name}`, action: 'operator.signed-in', subject, organisationId: null };
    await appendAudit(db, sealer.subkey('audit'), { ...entry, detail: { address: session.address, via } });
  });
  return { token, who };
}

/** null: no live session behind this cookie. */
export async function whoIs(parts: OperatorParts, token: string | undefined): Promise<SignedInOperator | null> {
  if (token === undefined || !/^[A-Za-z0-9_-]{43}$/.test(token)) return null;
  const { store, clock } = parts;
  const nowMs = clock.now();
  const session = await findSession(store.read, sha256Hex(token), nowMs);
  if (session === null || session.used_at + idleMs < nowMs) return null;
  const row = await findOperator(store.read, session.operator_id);
  if (row === null) return null;
  if (session.used_at + touchEveryMs < nowMs) {
    await store.write((db) => touchSession(db, session.token_sha256, nowMs));
  }
  return signedInOf(row, session, nowMs);
}
