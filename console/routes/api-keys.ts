/** API keys: made by people for their programs. */
import { Fault } from '#protocol/codes.ts';
import { apiKeyRoutes, type ApiKey } from '#console/api/api-keys.ts';
import { grantOf, makeApiKey } from '#console/auth/api-keys.ts';
import { mayManage } from '#console/auth/operator-changes.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import { iso, isoOrNull } from '#console/fleet/lists/shown.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { tellChanged } from '#console/routes/operators.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { listApiKeys, revokeApiKey, type ApiKeyRow } from '#console/store/operators/api-keys.ts';
import { listOperators } from '#console/store/operators/operator-list.ts';
import type { OperatorRow } from '#console/store/operators/operators.ts';

interface Owned {
  readonly key: ApiKeyRow;
  readonly owner: OperatorRow;
}

/** Of a removed operator none is left to see. */
async function visibleKeys(side: OperatorSide, who: SignedInOperator): Promise<Owned[]> {
  const { read } = side.devices.store;
  const owners = new Map((await listOperators(read)).map((row) => [row.operator_id, row]));
  return (await listApiKeys(read)).flatMap((key) => {
    const owner = owners.get(key.operator_id);
    const visible = owner !== undefined && (owner.operator_id === who.operator.operatorId || mayManage(who, owner));
    return visible ? [{ key, owner }] : [];
  });
}

function shown({ key, owner }: Owned, nowMs: number): ApiKey {
  const grant = grantOf(key, owner) ?? { role: 'viewer' as const, organisationIds: [] };
  const over = key.expires_at <= nowMs ? ('expired' as const) : ('active' as const);
  return {
    apiKeyId: key.key_id,
    label: key.label,
    operatorName: owner.name,
    role: grant.role,
    organisationIds: grant.organisationIds === null ? null : [...grant.organisationIds],
    mayConfirmed: key.may_confirmed === 1,
    state: key.revoked_at === null ? over : 'revoked',
    createdAt: iso(key.created_at),
    expiresAt: iso(key.expires_at),
    usedAt: isoOrNull(key.used_at),
    usedAddress: key.used_address,
  };
}

export function registerApiKeys(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  async function one(who: SignedInOperator, apiKeyId: string): Promise<Owned> {
    const found = (await visibleKeys(side, who)).find(({ key }) => key.key_id === apiKeyId);
    if (found === undefined) throw new Fault('not-found', 'there is no such API key');
    return found;
  }

  serve(server, apiKeyRoutes.list, async ({ who }) => {
    return { items: (await visibleKeys(side, who)).map((owned) => shown(owned, clock.now())) };
  });

  serve(server, apiKeyRoutes.create, async ({ who, body }) => {
    const { row, secret } = await makeApiKey(side.devices, who, body);
    await tellChanged(side, who.operator.operatorId);
    return { key: shown(await one(who, row.key_id), clock.now()), secret };
  });

  serve(server, apiKeyRoutes.revoke, async ({ who, params: { apiKeyId } }) => {
    const { key, owner } = await one(who, apiKeyId);
    await store.write(async (db) => {
      await revokeApiKey(db, apiKeyId, clock.now());
      const detail = { label: key.label, of: owner.name };
      await auditBy(side, db, who, { action: 'api-key.revoked', subject: apiKeyId, organisationId: null, detail });
    });
    await tellChanged(side, owner.operator_id);
    return shown(await one(who, apiKeyId), clock.now());
  });
}
