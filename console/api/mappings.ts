/** Which SentinelOne site an organisation's devices enrol in. A suggestion is never saved by itself. */
import * as z from 'zod';
import { mappingStatusSchema } from '#console/api/mapping-status.ts';
import { deviceCount, listOf, route } from '#console/api/route.ts';
import { idText, longText, shortText } from '#protocol/words.ts';

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

/** A static group of a site, in which new devices can enrol. */
const mappingGroupSchema = z.object({ groupId: shortText, name: shortText, isDefault: z.boolean() });

const choice = z.object({
  connectionId: idText,
  siteId: shortText.min(1),
  groupId: shortText.nullable().default(null),
});

export const confirmationSchema = z.object({
  organisationId: idText,
  /** `would-save`: of a dry run. */
  outcome: z.enum(['saved', 'would-save', 'refused']),
  /** Why it was refused. */
  problem: z.object({ code: shortText, title: shortText, detail: longText }).nullable(),
  /** Installs that start with it: 0 unless the organisation is deploying. */
  installs: deviceCount,
});
export type Confirmation = z.infer<typeof confirmationSchema>;

const params = z.object({ organisationId: idText });

export const mappingRoutes = {
  list: route({ method: 'GET', path: '/api/mappings', access: 'viewer', response: listOf(mappingSchema) }),

  /** Also confirms a mapping that needs confirmation. Installs nothing by itself unless the organisation is deploying. */
  choose: route({
    method: 'PUT',
    path: '/api/organisations/:organisationId/mapping',
    access: 'admin',
    fresh: true,
    params,
    body: choice,
    response: mappingSchema,
  }),

  /**
   * Each row by itself: one that is refused spoils no other. `dryRun` saves nothing and says what would be. Without it
   * `installs` must be what the dry run said, else 409 `request.conflict`.
   */
  confirm: route({
    method: 'POST',
    path: '/api/mappings/confirm',
    access: 'admin',
    fresh: true,
    body: z.object({
      dryRun: z.boolean(),
      installs: deviceCount.default(0),
      choices: z
        .array(choice.extend({ organisationId: idText }))
        .min(1)
        .max(100),
    }),
    response: z.object({ items: z.array(confirmationSchema).max(100), installs: deviceCount }),
  }),

  /** Asked of SentinelOne now. */
  groups: route({
    method: 'GET',
    path: '/api/connections/:connectionId/sites/:siteId/groups',
    access: 'admin',
    params: z.object({ connectionId: idText, siteId: shortText.min(1) }),
    response: listOf(mappingGroupSchema),
  }),

  clear: route({
    method: 'DELETE',
    path: '/api/organisations/:organisationId/mapping',
    access: 'admin',
    params,
    response: mappingSchema,
  }),
};
