/** API keys: never more than their maker may do now, dead with their maker, slowed down each by itself (G22). */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { equal, sha256Hex } from '#protocol/crypto.ts';
import { operatorSchema } from '#console/api/session.ts';
import { lesser, type Grant } from '#console/auth/grants.ts';
import { demandGrant } from '#console/auth/operator-changes.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import { apiKeyScope } from '#console/auth/scope.ts';
import { operatorOf, type SignedInOperator } from '#console/auth/signed-in.ts';
import { addApiKey, findLiveApiKey, noteApiKeyUse, type ApiKeyRow } from '#console/store/operators/api-keys.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { readTries, takeTries } from '#console/store/tries.ts';
import type { OperatorRow } from '#console/store/operators/operators.ts';

const dayMs = 86_400_000;
const noteEveryMs = 60_000;
const perMinuteMax = 600;
/** Taken from the database at once, so that few requests write; what a process does not use of it, nobody does. */
const block = 60;
const keptMax = 10_000;
const shape = /^garrison-api-key\.(apk_[0-9a-f]{24})\.([A-Za-z0-9_-]{43})$/;

export interface NewApiKey extends Grant {
  readonly label: string;
  readonly mayConfirmed: boolean;
  readonly lifetimeDays: number;
}

/** `secret` is the whole key as it is sent; it stands nowhere. */
export async function makeApiKey(
  parts: OperatorParts,
  who: SignedInOperator,
  wanted: NewApiKey,
): Promise<{ row: ApiKeyRow; secret: string }> {
  demandGrant(who, wanted);
  const nowMs = parts.clock.now();
  const secret = randomBytes(32).toString('base64url');
  const row: ApiKeyRow = {
    key_id: `apk_${randomBytes(12).toString('hex')}`,
    operator_id: who.operator.operatorId,
    label: wanted.label,
    secret_sha256: sha256Hex(secret),
    role: wanted.role,
    organisations: wanted.organisationIds === null ? null : JSON.stringify(wanted.organisationIds),
    may_confirmed: wanted.mayConfirmed ? 1 : 0,
    created_at: nowMs,
    expires_at: nowMs + wanted.lifetimeDays * dayMs,
    used_at: null,
    used_address: null,
    revoked_at: null,
  };
  await parts.store.write(async (db) => {
    await addApiKey(db, row);
    const { label, role, organisationIds, mayConfirmed, lifetimeDays } = wanted;
    await appendAudit(db, parts.sealer.subkey('audit'), {
      at: nowMs,
      actor: who.scope.actor,
      action: 'api-key.made',
      subject: row.key_id,
      organisationId: null,
      detail: { label, role, organisationIds, mayConfirmed, lifetimeDays },
    });
  });
  return { row, secret: `garrison-api-key.${row.key_id}.${secret}` };
}

/** What the key may do now: its own scopes, cut to what its maker has today. null: nothing. */
export function grantOf(key: ApiKeyRow, owner: OperatorRow): Grant | null {
  const most = operatorOf(owner);
  const role = operatorSchema.shape.role.safeParse(key.role);
  if (most === null || !role.success) return null;
  const organisationIds = key.organisations === null ? null : (JSON.parse(key.organisations) as string[]);
  return lesser({ role: role.data, organisationIds }, most);
}

function behind(key: ApiKeyRow, owner: OperatorRow): SignedInOperator | null {
  const grant = grantOf(key, owner);
  if (grant === null) return null;
  const organisationIds = grant.organisationIds === null ? null : [...grant.organisationIds];
  const name = `${owner.name} (${key.label})`.slice(0, 200);
  const operator = { operatorId: owner.operator_id, name, role: grant.role, organisationIds };
  return {
    operator,
    csrfToken: '',
    tokenSha256: key.secret_sha256,
    sessionId: key.key_id,
    scope: apiKeyScope({ keyId: key.key_id, name: owner.name, organisationIds }),
    fresh: key.may_confirmed === 1,
    via: 'password',
    apiKey: true,
  };
}

export interface ApiKeys {
  /** null: no key, or one that does not work (any more). Fault `rate-limited`. */
  whoIs(sent: string, address: string): Promise<SignedInOperator | null>;
}

export function createApiKeys({ store, clock }: OperatorParts): ApiKeys {
  const turns = new Map<string, { readonly endsAt: number; left: number }>();
  const taking = new Map<string, Promise<void>>();

  async function takeBlock(keyId: string): Promise<void> {
    const nowMs = clock.now();
    const name = `api-key ${keyId}`;
    const wanted = { name, amount: block, max: perMinuteMax, nowMs, windowMs: 60_000 };
    const endsAt = await store.write((db) => takeTries(db, wanted));
    if (endsAt === null) {
      const known = await readTries(store.read, name, nowMs);
      const retryAfterMs = (known?.endsAt ?? nowMs + 1_000) - nowMs;
      throw new Fault('rate-limited', 'this API key asks too often', { context: { retryAfterMs } });
    }
    if (turns.size >= keptMax) turns.clear();
    turns.set(keyId, { endsAt, left: block });
  }

  /** After the secret was checked: nobody else can use up a key's turn. All processes together give so many a minute. */
  async function demandTurn(keyId: string): Promise<void> {
    for (;;) {
      const mine = turns.get(keyId);
      if (mine !== undefined && clock.now() < mine.endsAt && mine.left > 0) {
        mine.left -= 1;
        return;
      }
      // Those that come together wait for one block, and do not take one each.
      const begun = taking.get(keyId) ?? takeBlock(keyId).finally(() => taking.delete(keyId));
      taking.set(keyId, begun);
      await begun;
    }
  }

  return {
    async whoIs(sent, address) {
      const [, keyId, secret] = shape.exec(sent) ?? [];
      if (keyId === undefined || secret === undefined) return null;
      const nowMs = clock.now();
      const found = await findLiveApiKey(store.read, keyId, nowMs);
      const expected = Buffer.from(found?.key.secret_sha256 ?? sha256Hex(''));
      if (!equal(expected, Buffer.from(sha256Hex(secret))) || found === null) return null;
      await demandTurn(keyId);
      if ((found.key.used_at ?? 0) + noteEveryMs < nowMs)
        await store.write((db) => noteApiKeyUse(db, keyId, address.slice(0, 60), nowMs));
      return behind(found.key, found.owner);
    },
  };
}
