/** SentinelOne consoles that we are enabled for. The API token goes in and never comes out. */
import * as z from 'zod';
import { deviceCount, listOf, route } from '#console/api/route.ts';
import { operatorLabel } from '#console/api/shown-state.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import type { FaultCode } from '#protocol/codes.ts';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

const connectionAlarmSchema = z.object({
  kind: z.enum(['connection', 'token', 'renewal', 'right']),
  level: z.enum(['attention', 'urgent']),
  /** Of the table of codes, whose title and remedy say the rest. */
  code: shortText,
  detail: shortText,
  /** `token`: which of the days before its end has come (30, 14, 7, 1); 0: it has ended. */
  daysLeft: counter.nullable(),
});
export interface ConnectionAlarm extends z.infer<typeof connectionAlarmSchema> {
  readonly code: FaultCode;
}

const permissionSchema = z.object({
  permission: shortText,
  /** null: nothing here needs it. */
  neededFor: shortText.nullable(),
  required: z.boolean(),
  granted: z.boolean().nullable(),
  /** How that was found out. */
  how: shortText.default(''),
  /** The feature of ours that is off without it. */
  feature: shortText.nullable().default(null),
});

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
  userKind: z.enum(['user', 'service-user']).nullable(),
  /** Narrowed to this site; null: everything the API token reaches in the account. */
  siteId: shortText.nullable(),
  /** An additional certificate authority is trusted. */
  ownAuthority: z.boolean(),
  tokenExpiresAt: isoTime.nullable(),
  /** When the API token is renewed by itself; null: it is not, or its end is not known. */
  renewsAt: isoTime.nullable(),
  renewedAt: isoTime.nullable(),
  /** What somebody should do, the most urgent first. */
  alarms: z.array(connectionAlarmSchema).max(10),
  /** Since when nothing is installed through it; null: installing is allowed. */
  stoppedAt: isoTime.nullable(),
  checkedAt: isoTime.nullable(),
  /** Why the last look failed; null: it works. */
  problem: faultRecordSchema.nullable(),
  /** What the token may do; `granted` null: not known. */
  permissions: z.array(permissionSchema).max(60),
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

/** As pasted: what it is instead is named with `sentinelone.token-shape`. */
const apiToken = z.string().min(1).max(5000);
const caPem = z.string().max(100_000);

const settings = {
  name: operatorLabel.trim().min(1),
  /** A prefix, a host, or any address copied from the browser; only its origin is kept. */
  address: z.string().trim().min(1).max(500),
};

const enabling = {
  ...settings,
  /** A certificate authority in PEM, pasted; never a path. */
  caPem: caPem.optional(),
  /** Narrows the connection to one site; what is no site id is named with `sentinelone.site-id`. */
  siteId: z.string().trim().max(5000).optional(),
  /** Asked for with `sentinelone.choose-account`. */
  accountId: z
    .string()
    .trim()
    .regex(/^\d{1,30}$/)
    .optional(),
  /** Which version new installs use from now on; left out: as it is. */
  versionPolicy: z.enum(['baseline', 'latest-ga']).optional(),
};

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
    fresh: true,
    body: z.object({ ...enabling, apiToken }),
    response: connectionSchema,
  }),

  /**
   * By user name, password and, when it answers `code-required`, the same once more with the six digits. They are used
   * at once for an API token and kept nowhere. Faults `sentinelone.sign-in`, `sentinelone.token-in-use` and those above.
   */
  enableByPassword: route({
    method: 'POST',
    path: '/api/connections/by-password',
    access: 'admin',
    fresh: true,
    body: z.object({
      ...enabling,
      username: z.string().trim().min(1).max(300),
      password: z.string().min(1).max(1000),
      code: z
        .string()
        .trim()
        .regex(/^\d{6}$/)
        .optional(),
      /** The API token that this user has now may be ended. */
      replaceToken: z.boolean().default(false),
    }),
    response: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('code-required') }),
      z.object({ kind: z.literal('enabled'), connection: connectionSchema }),
    ]),
  }),

  /** Another address or certificate authority needs the API token again. */
  change: route({
    method: 'PUT',
    path: '/api/connections/:connectionId',
    access: 'admin',
    fresh: true,
    params,
    body: z.object({
      ...settings,
      /** Left out: the authority that is trusted now stays; empty: none of its own. */
      caPem: caPem.optional(),
      apiToken: apiToken.optional(),
    }),
    response: connectionSchema,
  }),

  /** Renews the API token now; how that went is in the connection. */
  renewToken: route({
    method: 'POST',
    path: '/api/connections/:connectionId/token/renew',
    access: 'admin',
    fresh: true,
    params,
    response: connectionSchema,
  }),

  /** `allowed` false: nothing is installed through this connection any more. Nothing is removed from any device. */
  setInstalling: route({
    method: 'PUT',
    path: '/api/connections/:connectionId/installing',
    access: 'admin',
    fresh: true,
    params,
    body: z.object({ allowed: z.boolean() }),
    response: connectionSchema,
  }),

  /** Mappings stay as they are. */
  replaceToken: route({
    method: 'PUT',
    path: '/api/connections/:connectionId/token',
    access: 'admin',
    fresh: true,
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

  /** In SentinelOne itself. */
  createSite: route({
    method: 'POST',
    path: '/api/connections/:connectionId/sites',
    access: 'admin',
    fresh: true,
    params,
    body: z.object({
      name: operatorLabel.trim().min(1),
      /** null: without limit. */
      licences: z.number().int().min(1).max(10_000_000).nullable(),
      /** null: never. */
      expiresAt: isoTime.nullable(),
    }),
    response: connectionSiteSchema,
  }),

  refreshSites: route({
    method: 'POST',
    path: '/api/connections/:connectionId/sites/refresh',
    access: 'operator',
    params,
    response: sitesSchema,
  }),
};
