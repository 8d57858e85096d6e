/** Groups inside a site and their tokens, which have the form of a site token. */
import * as z from 'zod';
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

export async function groupToken(client: SentinelOneClient, groupId: string, signal?: AbortSignal): Promise<string> {
  return registrationTokenAt(client, `groups/${idPart(groupId)}/token`, signal);
}
