/** Groups inside a site and their tokens, which have the form of a site token. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { readList, vendorId, type Listing } from '#console/sentinelone/answers.ts';
import { idPart } from '#console/sentinelone/call.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';
import { registrationTokenAt } from '#console/sentinelone/sites.ts';

export interface SentinelOneGroup {
  readonly id: string;
  readonly name: string;
  readonly siteId: string;
  readonly type: string;
  readonly isDefault: boolean;
  /** Dynamic groups choose their own members: no endpoint can enrol in one. */
  readonly takesEnrolments: boolean;
}

const groupRow = z
  .object({
    id: vendorId,
    name: z.string().min(1),
    siteId: vendorId,
    type: z.string(),
    isDefault: z.boolean().nullish(),
  })
  .transform(({ isDefault, ...row }): SentinelOneGroup => ({
    ...row,
    isDefault: isDefault ?? false,
    takesEnrolments: row.type === 'static' || row.type === 'pinned',
  }));

export function listGroups(
  client: SentinelOneClient,
  siteId: string,
  signal?: AbortSignal,
): Promise<Listing<SentinelOneGroup>> {
  return readList(client, { path: 'groups', query: { siteIds: [siteId] }, item: groupRow, signal });
}

/** Which group SentinelOne itself says a token enrols in; `sentinelone.not-found` when not exactly one. */
export async function groupOfToken(
  client: SentinelOneClient,
  token: string,
  signal?: AbortSignal,
): Promise<SentinelOneGroup> {
  const query = { registrationToken: token };
  const { items } = await readList(client, { path: 'groups', query, item: groupRow, signal });
  const [group] = items;
  if (group === undefined || items.length > 1)
    throw new Fault('sentinelone.not-found', `The token fits ${items.length} groups`);
  return group;
}

export async function groupToken(client: SentinelOneClient, groupId: string, signal?: AbortSignal): Promise<string> {
  return registrationTokenAt(client, `groups/${idPart(groupId)}/token`, signal);
}
