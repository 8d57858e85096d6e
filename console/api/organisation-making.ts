/** Making many organisations: from SentinelOne sites, or from a list of another system. */
import * as z from 'zod';
import { deviceCount, listOf, route } from '#console/api/route.ts';
import { idText, shortText } from '#protocol/words.ts';

const siteRowSchema = z.object({
  connectionId: idText,
  connectionName: shortText,
  siteId: shortText,
  siteName: shortText,
  /** Name that the organisation would have: that of the site, with its console where two would be equal. */
  name: shortText,
});
export type FreeSite = z.infer<typeof siteRowSchema>;

const madeSchema = z.object({
  connectionId: idText,
  siteId: shortText,
  organisationId: idText.nullable(),
  name: shortText,
  /** null: made and mapped. */
  problem: z.object({ code: shortText, title: shortText, detail: z.string().max(2000) }).nullable(),
});

export const importedSchema = z.object({
  line: deviceCount,
  name: z.string().max(200),
  outcome: z.enum(['created', 'renamed', 'adopted', 'unchanged', 'refused']),
  why: shortText.nullable(),
});
export type Imported = z.infer<typeof importedSchema>;

export const organisationMakingRoutes = {
  /** Active sites of every connection that no organisation is mapped to. */
  freeSites: route({
    method: 'GET',
    path: '/api/free-sites',
    access: 'admin',
    response: listOf(siteRowSchema),
  }),

  /** An organisation for each site, mapped to it and only watching. One that fails spoils no other. */
  fromSites: route({
    method: 'POST',
    path: '/api/organisations/from-sites',
    access: 'admin',
    fresh: true,
    body: z.object({
      sites: z
        .array(z.object({ connectionId: idText, siteId: shortText.min(1) }))
        .min(1)
        .max(100),
    }),
    response: z.object({ items: z.array(madeSchema).max(100) }),
  }),

  /** `dryRun` changes nothing and answers the same rows. An id of the list keeps its organisation when the name changes. */
  importList: route({
    method: 'POST',
    path: '/api/organisations/import',
    access: 'admin',
    fresh: true,
    body: z.object({ csv: z.string().max(200_000), dryRun: z.boolean() }),
    response: z.object({ items: z.array(importedSchema).max(5000) }),
  }),
};
