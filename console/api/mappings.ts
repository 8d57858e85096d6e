/** Which SentinelOne site an organisation's devices enrol in. A suggestion is never saved by itself. */
import * as z from 'zod';
import { mappingStatusSchema } from '#console/api/mapping-status.ts';
import { deviceCount, listOf, route } from '#console/api/route.ts';
import { idText, shortText } from '#protocol/words.ts';

const siteChoice = z.object({
  connectionId: idText,
  connectionName: shortText,
  siteId: shortText,
  siteName: shortText,
  groupId: shortText.nullable(),
  groupName: shortText.nullable(),
});

export const mappingSchema = z.object({
  organisationId: idText,
  organisationName: shortText,
  devices: deviceCount,
  status: mappingStatusSchema,
  /** What is saved; null while unmapped. */
  site: siteChoice.nullable(),
  /** Why somebody should look: the site was renamed, has expired, was deleted. */
  concern: z.enum(['site-renamed', 'site-expired', 'site-deleted', 'connection-lost']).nullable(),
  suggestion: z.object({ site: siteChoice, why: z.enum(['same-name', 'devices-seen-there']) }).nullable(),
});
export type Mapping = z.infer<typeof mappingSchema>;

const params = z.object({ organisationId: idText });

export const mappingRoutes = {
  list: route({ method: 'GET', path: '/api/mappings', access: 'viewer', response: listOf(mappingSchema) }),

  /** Also confirms a mapping that needs confirmation. Installs nothing by itself unless the organisation is deploying. */
  choose: route({
    method: 'PUT',
    path: '/api/organisations/:organisationId/mapping',
    access: 'admin',
    params,
    body: z.object({ connectionId: idText, siteId: shortText.min(1), groupId: shortText.nullable().default(null) }),
    response: mappingSchema,
  }),

  clear: route({
    method: 'DELETE',
    path: '/api/organisations/:organisationId/mapping',
    access: 'admin',
    params,
    response: mappingSchema,
  }),
};
