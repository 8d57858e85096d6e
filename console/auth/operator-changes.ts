/** Making, changing and removing operators. What is open of somebody whose rights change ends at once (G23). */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { coversOrganisations, coversRole, type Grant } from '#console/auth/grants.ts';
import { withoutPassword } from '#console/auth/operator-row.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { operatorOf, type SignedInOperator } from '#console/auth/signed-in.ts';
import { appendAudit, lockAudit } from '#console/store/audit/audit.ts';
import { revokeApiKeysOf } from '#console/store/operators/api-keys.ts';
import { isLinked, unlinkIdentities } from '#console/store/operators/identities.ts';
import { findManagedOperator, otherAdministrators } from '#console/store/operators/operator-list.ts';
import { removeSessionsOf } from '#console/store/operators/operator-sessions.ts';
import { addOperator, changeOperator, type OperatorRow } from '#console/store/operators/operators.ts';
import { replaceRecoveryCodes } from '#console/store/operators/recovery-codes.ts';
import { isUniqueViolation, type Db } from '#console/store/store.ts';

const setUpLifeMs = 72 * 3_600_000;

export interface SetUpLink {
  readonly secret: string;
  readonly expiresAtMs: number;
}

function storedGrant(row: OperatorRow): readonly string[] | null {
  return row.organisations === null ? null : (JSON.parse(row.organisations) as string[]);
}

/** Who is limited to organisations manages those who have no others; whoever has no role yet only who has everything. */
export function mayManage(who: SignedInOperator, row: OperatorRow): boolean {
  const { role, organisationIds } = who.operator;
  return role === 'admin' && coversOrganisations(organisationIds, storedGrant(row));
}

export async function managed(db: Db, who: SignedInOperator, operatorId: string): Promise<OperatorRow> {
  const row = await findManagedOperator(db, operatorId);
  if (row === null || !mayManage(who, row)) throw new Fault('not-found', 'there is no such operator');
  return row;
}

/** Nobody gives more than they have. A foreign organisation is answered like a missing one. */
export function demandGrant(who: SignedInOperator, grant: Grant): void {
  if (!coversOrganisations(who.operator.organisationIds, grant.organisationIds))
    throw new Fault('not-found', 'there is no such organisation');
  if (!coversRole(who.operator.role, grant.role))
    throw new Fault('auth.forbidden', 'this is more than your own role allows');
}

const isWholeAdministrator = (row: OperatorRow): boolean => row.role === 'admin' && row.organisations === null;

/** Nobody locks themselves or everybody out. Under the lock of the audit log, so that two cannot do it to each other. */
async function demandOthers(db: Db, who: SignedInOperator, row: OperatorRow): Promise<void> {
  if (row.operator_id === who.operator.operatorId)
    throw new Fault('request.conflict', 'your own rights are changed by another administrator');
  await lockAudit(db);
  if (isWholeAdministrator(row) && (await otherAdministrators(db, row.operator_id)) === 0)
    throw new Fault('request.conflict', 'this is the last administrator of everything with a password');
}

interface Deed {
  readonly action: string;
  readonly row: OperatorRow;
  readonly detail?: Readonly<Record<string, unknown>>;
}

async function note({ sealer, clock }: OperatorParts, db: Db, who: SignedInOperator, deed: Deed): Promise<void> {
  const { action, row, detail = {} } = deed;
  await appendAudit(db, sealer.subkey('audit'), {
    at: clock.now(),
    actor: who.scope.actor,
    action,
    subject: row.operator_id,
    organisationId: null,
    detail: { name: row.name, ...detail },
  });
}

function newLink(nowMs: number): SetUpLink & { readonly columns: Partial<OperatorRow> } {
  const secret = randomBytes(32).toString('base64url');
  const expiresAtMs = nowMs + setUpLifeMs;
  return { secret, expiresAtMs, columns: { setup_sha256: sha256Hex(secret), setup_expires_at: expiresAtMs } };
}

const columnsOf = ({ role, organisationIds }: Grant): Pick<OperatorRow, 'role' | 'organisations'> => ({
  role,
  organisations: organisationIds === null ? null : JSON.stringify(organisationIds),
});

/** Fault `request.conflict` when the name is taken. */
export async function createOperator(
  parts: OperatorParts,
  who: SignedInOperator,
  wanted: Grant & { readonly name: string },
): Promise<{ row: OperatorRow; link: SetUpLink }> {
  demandGrant(who, wanted);
  const nowMs = parts.clock.now();
  const { columns, ...link } = newLink(nowMs);
  const row = {
    ...withoutPassword(wanted, nowMs),
    ...columnsOf(wanted),
    ...columns,
    created_by: who.operator.name,
  };
  try {
    await parts.store.write(async (db) => {
      await addOperator(db, row);
      const { role, organisationIds } = wanted;
      await note(parts, db, who, { action: 'operator.made', row, detail: { role, organisationIds } });
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw new Fault('request.conflict', 'there is an operator of that name');
    throw error;
  }
  return { row, link };
}

/** Another role or other organisations; of somebody who came by single sign-on the first ones. */
export async function changeGrant(
  parts: OperatorParts,
  who: SignedInOperator,
  operatorId: string,
  wanted: Grant,
): Promise<void> {
  demandGrant(who, wanted);
  await parts.store.write(async (db) => {
    const row = await managed(db, who, operatorId);
    await demandOthers(db, who, row);
    await changeOperator(db, operatorId, columnsOf(wanted));
    await removeSessionsOf(db, operatorId);
    const before = { role: operatorOf(row)?.role ?? null, organisationIds: storedGrant(row) };
    const { role, organisationIds } = wanted;
    await note(parts, db, who, { action: 'operator.changed', row, detail: { role, organisationIds, before } });
  });
}

async function shut(db: Db, operatorId: string, nowMs: number): Promise<void> {
  await removeSessionsOf(db, operatorId);
  await revokeApiKeysOf(db, operatorId, nowMs);
}

/** Allowing again brings back neither sessions nor API keys. */
export async function setDisabled(
  parts: OperatorParts,
  who: SignedInOperator,
  operatorId: string,
  disabled: boolean,
): Promise<void> {
  const nowMs = parts.clock.now();
  await parts.store.write(async (db) => {
    const row = await managed(db, who, operatorId);
    if (disabled) await demandOthers(db, who, row);
    await changeOperator(db, operatorId, { disabled_at: disabled ? (row.disabled_at ?? nowMs) : null });
    if (disabled) await shut(db, operatorId, nowMs);
    await note(parts, db, who, { action: disabled ? 'operator.disabled' : 'operator.allowed-again', row });
  });
}

/** Everything that could let this one in again is gone; the name is free. */
export async function removeOperator(parts: OperatorParts, who: SignedInOperator, operatorId: string): Promise<void> {
  const nowMs = parts.clock.now();
  await parts.store.write(async (db) => {
    const row = await managed(db, who, operatorId);
    await demandOthers(db, who, row);
    await shut(db, operatorId, nowMs);
    await replaceRecoveryCodes(db, operatorId, []);
    await unlinkIdentities(db, operatorId);
    await changeOperator(db, operatorId, {
      removed_at: nowMs,
      name_folded: `removed ${operatorId}`,
      password_hash: '',
      totp_sealed: null,
      totp_next_sealed: null,
      setup_sha256: null,
    });
    await note(parts, db, who, { action: 'operator.removed', row });
  });
}

export async function resetSecondFactor(
  parts: OperatorParts,
  who: SignedInOperator,
  operatorId: string,
): Promise<void> {
  await parts.store.write(async (db) => {
    const row = await managed(db, who, operatorId);
    if (operatorId === who.operator.operatorId)
      throw new Fault('request.conflict', 'your own authenticator is changed under Account');
    await changeOperator(db, operatorId, { totp_sealed: null, totp_next_sealed: null });
    await replaceRecoveryCodes(db, operatorId, []);
    await removeSessionsOf(db, operatorId);
    await note(parts, db, who, { action: 'operator.second-factor-reset', row });
  });
}

export async function renewSetUpLink(
  parts: OperatorParts,
  who: SignedInOperator,
  operatorId: string,
): Promise<SetUpLink> {
  const { columns, ...link } = newLink(parts.clock.now());
  await parts.store.write(async (db) => {
    const row = await managed(db, who, operatorId);
    if (row.disabled_at !== null) throw new Fault('request.conflict', 'this operator is disabled');
    if (await isLinked(db, operatorId))
      throw new Fault('request.conflict', 'this operator signs in by single sign-on and has no password');
    await changeOperator(db, operatorId, columns);
    await note(parts, db, who, { action: 'operator.set-up-link-made', row });
  });
  return link;
}
