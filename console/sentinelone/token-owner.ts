/** Whose API token it is, and until when: asked in the ways that work for users and for service users. */
import * as z from 'zod';
import { readData, readList, vendorId } from '#console/sentinelone/answers.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';

export interface TokenLifetime {
  readonly createdAt: string | null;
  readonly expiresAt: string;
}

export interface TokenOwner {
  readonly kind: 'user' | 'service-user';
  readonly id: string;
  /** E-mail of a user, name of a service user. */
  readonly name: string | null;
  readonly scope: 'global' | 'account' | 'site' | 'unknown';
  /** Account or site ids, by `scope`. */
  readonly scopeIds: readonly string[];
  readonly roleIds: readonly string[];
  /** Whether it may make API tokens; null: not told. */
  readonly mayGenerate: boolean | null;
  /** The API token it has now, whoever made it; null: none, or not told. */
  readonly apiToken: TokenLifetime | null;
}

const lifetimeData = z
  .object({ createdAt: z.string().nullish(), expiresAt: z.string() })
  .transform((row): TokenLifetime => ({ createdAt: row.createdAt ?? null, expiresAt: row.expiresAt }));

const scopeRoles = z.array(z.object({ id: z.string().nullish(), roleId: z.string().nullish() })).nullish();

const common = { id: vendorId, scope: z.string(), scopeRoles, apiToken: lifetimeData.nullish().catch(null) };
const userData = z.object({ ...common, email: z.string().nullish(), canGenerateApiToken: z.boolean().nullish() });
const serviceUserRow = z.object({ ...common, name: z.string().nullish() });

/** "tenant" is what the vendor calls everything. */
function scopeOf(word: string): TokenOwner['scope'] {
  const scope = word.toLowerCase();
  if (scope === 'tenant' || scope === 'global') return 'global';
  return scope === 'account' || scope === 'site' ? scope : 'unknown';
}

function ownerFrom(
  row: z.infer<typeof userData> | z.infer<typeof serviceUserRow>,
  rest: Pick<TokenOwner, 'kind' | 'name' | 'mayGenerate'>,
): TokenOwner {
  const roles = row.scopeRoles ?? [];
  return {
    ...rest,
    id: row.id,
    scope: scopeOf(row.scope),
    scopeIds: roles.flatMap(({ id }) => id ?? []),
    roleIds: [...new Set(roles.flatMap(({ roleId }) => roleId ?? []))],
    apiToken: row.apiToken ?? null,
  };
}

/** Creation and end of the client's own API token; null: not told. */
export async function tokenLifetime(client: SentinelOneClient): Promise<TokenLifetime | null> {
  const answer = z.object({ data: lifetimeData }).safeParse(await client.tokenDetails().catch(() => null));
  return answer.success ? answer.data.data : null;
}

async function askWho(client: SentinelOneClient): Promise<TokenOwner | null> {
  const row = await readData(client, { path: 'user' }, userData).catch(() => null);
  if (row === null) return null;
  return ownerFrom(row, { kind: 'user', name: row.email ?? null, mayGenerate: row.canGenerateApiToken ?? null });
}

/** Service users are not told who they are: the one whose token has just our lifetime is us. */
async function findServiceUser(client: SentinelOneClient, lifetime: TokenLifetime): Promise<TokenOwner | null> {
  const list = await readList(client, { path: 'service-users', query: {}, item: serviceUserRow }).catch(() => null);
  const same = (list?.items ?? []).filter(
    ({ apiToken }) => apiToken?.createdAt === lifetime.createdAt && apiToken.expiresAt === lifetime.expiresAt,
  );
  const [row] = same;
  if (row === undefined || same.length > 1) return null;
  return ownerFrom(row, { kind: 'service-user', name: row.name ?? null, mayGenerate: null });
}

/** null: SentinelOne does not tell; the token may work all the same. */
export async function ownerOf(client: SentinelOneClient, lifetime: TokenLifetime | null): Promise<TokenOwner | null> {
  return (await askWho(client)) ?? (lifetime === null ? null : findServiceUser(client, lifetime));
}
