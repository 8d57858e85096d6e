/** Alerts: what somebody should look at, one item per subject and cause, opened and closed by the console itself. */
import * as z from 'zod';
import { listOf, pageOf, pageQuery, route } from '#console/api/route.ts';
import { counter, idText, isoTime, longText, shortText } from '#protocol/words.ts';

const alertKinds = [
  'bare',
  'not-protecting',
  'foreign-console',
  'install-failed',
  'blocked',
  'stuck',
  'degraded',
  'silent',
  'duplicate-identity',
  'vanished',
  'connection-lost',
  'token-ends',
  'renewal-rejected',
  'right-missing',
  'deployment-halted',
  'unenrolments',
  'delivery-failing',
] as const;
export const alertKindSchema = z.enum(alertKinds);
export type AlertKind = z.infer<typeof alertKindSchema>;

export const alertLevels = ['urgent', 'attention'] as const;
export type AlertLevel = (typeof alertLevels)[number];

export const subjectKinds = ['device', 'organisation', 'connection', 'target', 'console'] as const;

/** What the words of an alert need besides its cause. Texts of devices are plain and bounded before they come here. */
export const alertDetailSchema = z.object({
  /** Code of the table of failures whose title and remedy apply. */
  code: shortText.optional(),
  /** Who or what is waited for. */
  holder: shortText.optional(),
  /** In words of whoever reported it. */
  text: longText.optional(),
  count: counter.optional(),
  limit: counter.optional(),
  /** Of a token: 30, 14, 7, 1; 0: it has ended. */
  daysLeft: counter.optional(),
});
export type AlertDetail = z.infer<typeof alertDetailSchema>;

export const alertSchema = z.object({
  alertId: idText,
  kind: alertKindSchema,
  level: z.enum(alertLevels),
  /** A fault code, condition, reason or problem kind. */
  cause: shortText,
  subject: z.object({ kind: z.enum(subjectKinds), id: idText, name: shortText }),
  /** null: a thing of the whole console. */
  organisation: z.object({ id: idText, name: shortText }).nullable(),
  detail: alertDetailSchema,
  /** When the condition began, which is before it became an alert. */
  since: isoTime,
  openedAt: isoTime,
  closedAt: isoTime.nullable(),
  seen: z.object({ at: isoTime, by: shortText }).nullable(),
});
export type Alert = z.infer<typeof alertSchema>;

const alertListQuery = z.object({
  ...pageQuery,
  /** Only open ones, or only ended ones. */
  state: z.enum(['open', 'closed']).default('open'),
  kind: alertKindSchema.optional(),
  level: z.enum(alertLevels).optional(),
  organisationId: idText.optional(),
  deviceId: idText.optional(),
});

export const alertRulesSchema = z.object({
  /** A device that has said nothing for so long is an alert. */
  silentAfterHours: z.int().min(1).max(2_160).default(72),
  /** More devices than that leaving one organisation, or the console, within an hour are an alert. */
  unenrolmentsPerHourMax: z.int().min(1).max(10_000).default(10),
});
export type AlertRules = z.infer<typeof alertRulesSchema>;

export const alertRoutes = {
  /** Newest first. */
  list: route({
    method: 'GET',
    path: '/api/alerts',
    access: 'viewer',
    query: alertListQuery,
    response: pageOf(alertSchema),
  }),

  /** Open ones by kind. */
  counts: route({
    method: 'GET',
    path: '/api/alerts/counts',
    access: 'viewer',
    response: listOf(z.object({ kind: alertKindSchema, level: z.enum(alertLevels), alerts: counter, unseen: counter })),
  }),

  /** "Seen by …": stays open until its cause is gone. */
  see: route({
    method: 'POST',
    path: '/api/alerts/:alertId/seen',
    access: 'operator',
    params: z.object({ alertId: idText }),
    response: alertSchema,
  }),

  rules: route({ method: 'GET', path: '/api/settings/alerts', access: 'viewer', response: alertRulesSchema }),

  setRules: route({
    method: 'PUT',
    path: '/api/settings/alerts',
    access: 'admin',
    body: alertRulesSchema.required(),
    response: alertRulesSchema,
  }),
};
