/** Operators, as administrators manage them; and the links by which new ones choose a password. */
import {
  managedOperatorSchema,
  operatorManagementRoutes,
  setUpRoutes,
  type ManagedOperator,
} from '#console/api/operators.ts';
import * as changes from '#console/auth/operator-changes.ts';
import { choosePassword, lookAtSetUp } from '#console/auth/set-up.ts';
import { operatorOf, type SignedInOperator } from '#console/auth/signed-in.ts';
import { iso, isoOrNull } from '#console/fleet/lists/shown.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { enter, originOf } from '#console/routes/session.ts';
import {
  listOperators,
  operatorCounts,
  otherAdministrators,
  type OperatorCounts,
} from '#console/store/operators/operator-list.ts';
import type { OperatorRow } from '#console/store/operators/operators.ts';

/** What is open of that operator, in every process, looks again whether it still may be. */
export async function tellChanged(side: OperatorSide, operatorId: string): Promise<void> {
  await side.devices.store.announce(`operator:${operatorId}`).catch(() => undefined);
  side.hints.publish({ topic: 'operators', id: null }, null);
}

function stateOf(row: OperatorRow, linked: boolean): ManagedOperator['state'] {
  if (row.disabled_at !== null) return 'disabled';
  if (operatorOf(row) === null) return 'no-role';
  return row.password_hash === '' && !linked ? 'invited' : 'active';
}

async function fixedOf(side: OperatorSide, who: SignedInOperator, row: OperatorRow): Promise<ManagedOperator['fixed']> {
  if (row.operator_id === who.operator.operatorId) return 'yourself';
  const whole = row.role === 'admin' && row.organisations === null;
  if (!whole || (await otherAdministrators(side.devices.store.read, row.operator_id)) > 0) return null;
  return 'last-administrator';
}

/** People know a provider by its host. */
const hostOf = (issuer: string): string => new URL(issuer).host.slice(0, 200);

async function shown(
  side: OperatorSide,
  who: SignedInOperator,
  row: OperatorRow,
  counts: OperatorCounts,
): Promise<ManagedOperator> {
  const { operator_id: operatorId, name } = row;
  const identity = counts.identities.get(operatorId) ?? null;
  return {
    operatorId,
    name,
    role: operatorOf(row)?.role ?? null,
    organisationIds: managedOperatorSchema.shape.organisationIds.parse(JSON.parse(row.organisations ?? 'null')),
    state: stateOf(row, identity !== null),
    password: row.password_hash !== '',
    secondFactor: row.totp_sealed !== null,
    signOn: identity === null ? null : { name: identity.name, provider: hostOf(identity.issuer) },
    createdAt: iso(row.created_at),
    createdBy: row.created_by,
    signedInAt: isoOrNull(row.signed_in_at),
    setUpExpiresAt: row.setup_sha256 === null ? null : isoOrNull(row.setup_expires_at),
    apiKeys: counts.apiKeys.get(operatorId) ?? 0,
    sessions: counts.sessions.get(operatorId) ?? 0,
    fixed: await fixedOf(side, who, row),
  };
}

async function one(side: OperatorSide, who: SignedInOperator, operatorId: string): Promise<ManagedOperator> {
  const { store, clock } = side.devices;
  const row = await changes.managed(store.read, who, operatorId);
  return shown(side, who, row, await operatorCounts(store.read, clock.now()));
}

/** The secret stands in the fragment, which no browser sends and no proxy logs; the address is the configured one. */
function linkOf(side: OperatorSide, link: changes.SetUpLink): { link: string; expiresAt: string } {
  return { link: `${side.settings.origins[0]}/set-up#${link.secret}`, expiresAt: iso(link.expiresAtMs) };
}

function registerChanges(server: Server): void {
  const { side } = server;
  const parts = side.devices;

  serve(server, operatorManagementRoutes.change, async ({ who, params: { operatorId }, body }) => {
    await changes.changeGrant(parts, who, operatorId, body);
    await tellChanged(side, operatorId);
    return one(side, who, operatorId);
  });

  serve(server, operatorManagementRoutes.setDisabled, async ({ who, params: { operatorId }, body }) => {
    await changes.setDisabled(parts, who, operatorId, body.disabled);
    await tellChanged(side, operatorId);
    return one(side, who, operatorId);
  });

  serve(server, operatorManagementRoutes.remove, async ({ who, params: { operatorId } }) => {
    await changes.removeOperator(parts, who, operatorId);
    await tellChanged(side, operatorId);
    return null;
  });

  serve(server, operatorManagementRoutes.resetSecondFactor, async ({ who, params: { operatorId } }) => {
    await changes.resetSecondFactor(parts, who, operatorId);
    await tellChanged(side, operatorId);
    return one(side, who, operatorId);
  });

  serve(server, operatorManagementRoutes.renewSetUpLink, async ({ who, params: { operatorId } }) => {
    const link = await changes.renewSetUpLink(parts, who, operatorId);
    await tellChanged(side, operatorId);
    return linkOf(side, link);
  });
}

function registerSetUp(server: Server): void {
  const { side } = server;

  serve(server, setUpRoutes.look, async ({ body }) => {
    const { name, expiresAtMs } = await lookAtSetUp(side.devices, body.secret);
    return { name, expiresAt: iso(expiresAtMs) };
  });

  serve(server, setUpRoutes.choosePassword, async ({ body, request, reply }) => {
    const { row, opened } = await choosePassword(side.devices, { ...body, ...originOf(request) });
    await tellChanged(side, row.operator_id);
    return opened === null ? { kind: 'code-required' as const } : enter(side, reply, opened);
  });
}

export function registerOperators(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  serve(server, operatorManagementRoutes.list, async ({ who }) => {
    const counts = await operatorCounts(store.read, clock.now());
    const rows = (await listOperators(store.read)).filter((row) => changes.mayManage(who, row));
    return { items: await Promise.all(rows.map((row) => shown(side, who, row, counts))) };
  });

  serve(server, operatorManagementRoutes.create, async ({ who, body }) => {
    const { row, link } = await changes.createOperator(side.devices, who, body);
    await tellChanged(side, row.operator_id);
    return { operator: await one(side, who, row.operator_id), ...linkOf(side, link) };
  });

  registerChanges(server);
  registerSetUp(server);
}
