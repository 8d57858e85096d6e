/** SentinelOne's own list of what a user or role may do, where the API token may read it. */
import * as z from 'zod';
import { readData } from '#console/sentinelone/answers.ts';
import { idPart } from '#console/sentinelone/call.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';
import type { Right } from '#console/sentinelone/rights.ts';
import type { TokenOwner } from '#console/sentinelone/token-owner.ts';

export interface EffectiveRights {
  /** Where it was read, for the administrator. */
  readonly source: string;
  /** null: the list does not mention it. */
  has(right: Pick<Right, 'setting' | 'level' | 'listedAs'>): boolean | null;
}

const pagesData = z.object({
  pages: z.array(
    z.object({
      identifier: z.string().nullish(),
      name: z.string().nullish(),
      permissions: z.array(
        z.object({ identifier: z.string().nullish(), title: z.string().nullish(), value: z.boolean() }),
      ),
    }),
  ),
});
type Pages = z.infer<typeof pagesData>['pages'];

const letters = (text: string | null | undefined): string => (text ?? '').toLowerCase().replaceAll(/[^a-z]/g, '');

/** Spelling differs between versions: names are compared by their letters, by title and by identifier. */
function hasRight(pages: Pages, right: Pick<Right, 'setting' | 'level' | 'listedAs'>): boolean | null {
  const pageNames = new Set([letters(right.setting), ...(right.listedAs?.pages ?? [])]);
  const levels = new Set([letters(right.level), ...(right.listedAs?.permissions ?? [])]);
  const found = pages
    .filter((page) => pageNames.has(letters(page.name)) || pageNames.has(letters(page.identifier)))
    .flatMap((page) => page.permissions)
    .filter((one) => levels.has(letters(one.title)) || levels.has(letters(one.identifier)));
  return found.length === 0 ? null : found.some(({ value }) => value);
}

/** Of the user itself, else of its roles together; null: the API token may read neither. */
export async function effectiveRights(
  client: SentinelOneClient,
  owner: TokenOwner | null,
): Promise<EffectiveRights | null> {
  if (owner === null) return null;
  if (owner.kind === 'user') {
    const own = await readData(client, { path: `users/${idPart(owner.id)}` }, pagesData).catch(() => null);
    if (own !== null) return { source: "the list of its user's rights", has: (right) => hasRight(own.pages, right) };
  }
  const pages: Pages = [];
  for (const roleId of owner.roleIds.filter((id) => /^\d+$/.test(id)).slice(0, 10)) {
    const role = await readData(client, { path: `rbac/role/${idPart(roleId)}` }, pagesData).catch(() => null);
    if (role === null) return null;
    pages.push(...role.pages);
  }
  return pages.length === 0
    ? null
    : { source: "the list of its role's rights", has: (right) => hasRight(pages, right) };
}
