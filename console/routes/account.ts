/** One's own account, and what is open of it. */
import { Fault } from '#protocol/codes.ts';
import { accountRoutes, type Account, type OperatorSession } from '#console/api/account.ts';
import * as account from '#console/auth/account.ts';
import { mayManage } from '#console/auth/operator-changes.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import { iso } from '#console/fleet/lists/shown.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { tellChanged } from '#console/routes/operators.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { signOnNameOf } from '#console/store/operators/identities.ts';
import { listOperators, listSessions } from '#console/store/operators/operator-list.ts';
import { removeSession } from '#console/store/operators/operator-sessions.ts';
import { findOperator, type OperatorSessionRow } from '#console/store/operators/operators.ts';
import { recoveryCodesLeft } from '#console/store/operators/recovery-codes.ts';

async function accountOf(side: OperatorSide, who: SignedInOperator): Promise<Account> {
  const { read } = side.devices.store;
  const { operatorId } = who.operator;
  const row = await findOperator(read, operatorId);
  const secondFactor = row !== null && row.totp_sealed !== null;
  return {
    password: row !== null && row.password_hash !== '',
    secondFactor,
    recoveryCodesLeft: secondFactor ? await recoveryCodesLeft(read, operatorId) : 0,
    signOnName: await signOnNameOf(read, operatorId),
  };
}

function registerSecondFactor(server: Server): void {
  const { side } = server;

  serve(server, accountRoutes.offerSecondFactor, ({ who }) => account.offerSecondFactor(side.devices, who));

  serve(server, accountRoutes.proveSecondFactor, async ({ who, body }) => {
    const recoveryCodes = await account.proveSecondFactor(side.devices, who, body.code);
    await tellChanged(side, who.operator.operatorId);
    return { recoveryCodes };
  });

  serve(server, accountRoutes.dropSecondFactor, async ({ who }) => {
    await account.dropSecondFactor(side.devices, who);
    return accountOf(side, who);
  });

  serve(server, accountRoutes.renewRecoveryCodes, async ({ who }) => ({
    recoveryCodes: await account.renewRecoveryCodes(side.devices, who),
  }));
}

type NamedSession = OperatorSessionRow & { readonly name: string };

/** Own sessions, and of an administrator those of everybody they manage. */
async function visibleSessions(side: OperatorSide, who: SignedInOperator): Promise<NamedSession[]> {
  const { store, clock } = side.devices;
  const rows = await listSessions(store.read, clock.now());
  const managed = (await listOperators(store.read)).filter((row) => mayManage(who, row));
  const visible = new Set([who.operator.operatorId, ...managed.map((row) => row.operator_id)]);
  return rows.filter((row) => visible.has(row.operator_id));
}

function shownSession(row: NamedSession, who: SignedInOperator): OperatorSession {
  return {
    sessionId: row.session_id,
    operatorName: row.name,
    current: row.session_id === who.sessionId,
    createdAt: iso(row.created_at),
    usedAt: iso(row.used_at),
    expiresAt: iso(row.expires_at),
    address: row.address,
    browser: row.browser,
    via: row.via === 'sign-on' ? 'sign-on' : 'password',
  };
}

function registerSessions(server: Server): void {
  const { side } = server;

  serve(server, accountRoutes.sessions, async ({ who, query }) => {
    const rows = await visibleSessions(side, who);
    const own = rows.filter((row) => row.operator_id === who.operator.operatorId);
    return { items: (query.everybody === 'true' ? rows : own).map((row) => shownSession(row, who)) };
  });

  serve(server, accountRoutes.endSession, async ({ who, params }) => {
    const row = (await visibleSessions(side, who)).find((one) => one.session_id === params.sessionId);
    if (row === undefined) throw new Fault('not-found', 'there is no such session');
    await side.devices.store.write(async (db) => {
      await removeSession(db, row.token_sha256);
      const detail = { name: row.name, sessionId: row.session_id };
      const deed = { action: 'operator.session-ended', subject: row.operator_id, organisationId: null, detail };
      await auditBy(side, db, who, deed);
    });
    await tellChanged(side, row.operator_id);
    return null;
  });
}

export function registerAccount(server: Server): void {
  const { side } = server;

  serve(server, accountRoutes.read, ({ who }) => accountOf(side, who));

  serve(server, accountRoutes.changePassword, async ({ who, body, request }) => {
    const proof = { password: body.password, code: body.code, address: request.ip };
    if ((await side.operators.confirm(who, proof)) === 'code-required') return { kind: 'code-required' as const };
    await account.changeOwnPassword(side.devices, who, body.newPassword);
    await tellChanged(side, who.operator.operatorId);
    return { kind: 'changed' as const };
  });

  registerSecondFactor(server);
  registerSessions(server);
}
