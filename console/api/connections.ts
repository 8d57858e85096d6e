/** SentinelOne consoles that we are enabled for. The API token goes in and never comes out. */
import * as z from 'zod';
import { deviceCount, listOf, route } from '#console/api/route.ts';
import { operatorLabel } from '#console/api/shown-state.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

export const connectionSchema = z.object({
  connectionId: idText,
  name: shortText,
  /** `https://host`, without path. */
  address: shortText,
  host: shortText,
  accountName: shortText.nullable(),
  scope: z.enum(['account', 'site', 'global', 'unknown']),
  /** The API user the token belongs to. */
  userName: shortText.nullable(),
  tokenExpiresAt: isoTime.nullable(),
  checkedAt: isoTime.nullable(),
  /** Why the last look failed; null: it works. */
  problem: faultRecordSchema.nullable(),
  /** What the token may do; `granted` null: not known. */
  permissions: z
    .array(
      z.object({ permission: shortText, neededFor: shortText, required: z.boolean(), granted: z.boolean().nullable() }),
    )
    .max(40),
  sites: counter,
  organisations: counter,
  devices: deviceCount,
});
export type Connection = z.infer<typeof connectionSchema>;

export const connectionSiteSchema = z.object({
  siteId: shortText,
  name: shortText,
  state: z.enum(['active', 'expired', 'deleted']),
  accountName: shortText.nullable(),
  isDefault: z.boolean(),
  expiresAt: isoTime.nullable(),
  licencesUsed: counter.nullable(),
  /** null: without limit, or not told. */
  licencesTotal: counter.nullable(),
  /** Names of the organisations that are mapped to it. */
  organisations: z.array(shortText).max(1000),
});
export type ConnectionSite = z.infer<typeof connectionSiteSchema>;

const sitesSchema = z.object({ items: z.array(connectionSiteSchema).max(5000), refreshedAt: isoTime.nullable() });

const apiToken = z.string().trim().min(1).max(4000);
const params = z.object({ connectionId: idText });

export const connectionRoutes = {
  list: route({ method: 'GET', path: '/api/connections', access: 'viewer', response: listOf(connectionSchema) }),

  /**
   * Checked against SentinelOne before it is stored; a failure has one of the codes `sentinelone.*`. The same address and
   * account twice: 409 `request.conflict`.
   */
  enable: route({
    method: 'POST',
    path: '/api/connections',
    access: 'admin',
    body: z.object({
      name: operatorLabel.trim().min(1),
      /** With or without `https://`. */
      address: z.string().trim().min(1).max(300),
      apiToken,
      /** Site that packages and tokens are read through when the token's scope is a single site. */
      siteId: z
        .string()
        .trim()
        .regex(/^\d{1,30}$/)
        .optional(),
    }),
    response: connectionSchema,
  }),

  /** Mappings stay as they are. */
  replaceToken: route({
    method: 'PUT',
    path: '/api/connections/:connectionId/token',
    access: 'admin',
    params,
    body: z.object({ apiToken }),
    response: connectionSchema,
  }),

  /** Asks SentinelOne now; a failure is in `problem`, the answer is 200. */
  check: route({
    method: 'POST',
    path: '/api/connections/:connectionId/check',
    access: 'operator',
    params,
    response: connectionSchema,
  }),

  /** As read last. */
  sites: route({
    method: 'GET',
    path: '/api/connections/:connectionId/sites',
    access: 'viewer',
    params,
    response: sitesSchema,
  }),

  refreshSites: route({
    method: 'POST',
    path: '/api/connections/:connectionId/sites/refresh',
    access: 'operator',
    params,
    response: sitesSchema,
  }),
};
