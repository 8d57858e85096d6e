/** Who is told of alerts outside the page: webhooks and e-mail. Addresses are set by administrators of everything (G16). */
import * as z from 'zod';
import { alertKindSchema } from '#console/api/alerts.ts';
import { listOf, route } from '#console/api/route.ts';
import { operatorLabel } from '#console/api/shown-state.ts';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

export const targetKinds = ['webhook', 'email'] as const;

const webAddress = z.string().trim().min(1).max(1_000);
const mailAddress = z.email().max(254);

const targetFields = {
  name: operatorLabel.min(1),
  /** Of a webhook; '' for e-mail. */
  url: webAddress.or(z.literal('')).default(''),
  /** Of e-mail; empty for a webhook. */
  recipients: z.array(mailAddress).max(20).default([]),
  /** Only alerts of these; null: of all, and those of the console itself. */
  organisationIds: z.array(idText).min(1).max(500).nullable().default(null),
  /** Kinds that are not told. */
  muted: z.array(alertKindSchema).max(alertKindSchema.options.length).default([]),
  paused: z.boolean().default(false),
};

export const deliverySchema = z.object({
  eventId: idText,
  what: z.enum(['opened', 'again', 'closed', 'test']),
  /** Title and subject of the alert. */
  about: shortText,
  createdAt: isoTime,
  tries: counter,
  /** null: still to come. */
  doneAt: isoTime.nullable(),
  result: z.enum(['delivered', 'gave-up', 'dropped', 'failed']).nullable(),
  /** Last answer in a few words: "HTTP 500". */
  answer: shortText,
});
export type Delivery = z.infer<typeof deliverySchema>;

export const targetSchema = z.object({
  targetId: idText,
  kind: z.enum(targetKinds),
  name: shortText,
  url: z.string().max(1_000),
  recipients: z.array(z.string().max(254)).max(20),
  organisationIds: z.array(idText).max(500).nullable(),
  muted: z.array(alertKindSchema),
  paused: z.boolean(),
  createdAt: isoTime,
  createdBy: shortText,
  /** Since when nothing arrives; null: the last one did, or none was sent yet. */
  failingSince: isoTime.nullable(),
  lastArrivedAt: isoTime.nullable(),
  nextTryAt: isoTime.nullable(),
  waiting: counter,
});
export type NotificationTarget = z.infer<typeof targetSchema>;

const madeTarget = z.object({
  target: targetSchema,
  /** Signs what a webhook is sent; shown once. null: e-mail. */
  secret: shortText.nullable(),
});
const params = z.object({ targetId: idText });

export const mailServerSchema = z.object({
  host: shortText,
  port: z.int().min(1).max(65_535),
  /** TLS from the first byte, by STARTTLS, or not at all (a server on this machine only). */
  security: z.enum(['tls', 'starttls', 'none']),
  user: shortText.nullable(),
  from: mailAddress,
  /** Certificate authority of its own, in PEM. */
  caPem: z.string().max(20_000).nullable(),
  hasPassword: z.boolean(),
});
export type MailServer = z.infer<typeof mailServerSchema>;

export const notificationRoutes = {
  list: route({
    method: 'GET',
    path: '/api/notification-targets',
    access: 'admin',
    response: listOf(targetSchema),
  }),

  /** `notify.address` for one that is not allowed. */
  create: route({
    method: 'POST',
    path: '/api/notification-targets',
    access: 'admin',
    fresh: true,
    body: z.object({ kind: z.enum(targetKinds), ...targetFields }),
    response: madeTarget,
  }),

  change: route({
    method: 'PUT',
    path: '/api/notification-targets/:targetId',
    access: 'admin',
    fresh: true,
    params,
    body: z.object(targetFields),
    response: targetSchema,
  }),

  remove: route({
    method: 'DELETE',
    path: '/api/notification-targets/:targetId',
    access: 'admin',
    fresh: true,
    params,
    response: null,
  }),

  /** The old secret signs beside the new one for a day. */
  rotate: route({
    method: 'POST',
    path: '/api/notification-targets/:targetId/secret',
    access: 'admin',
    fresh: true,
    params,
    response: madeTarget,
  }),

  /** Sent at once, whatever waits; answers how that went. */
  test: route({
    method: 'POST',
    path: '/api/notification-targets/:targetId/test',
    access: 'admin',
    params,
    response: deliverySchema,
  }),

  /** The last ones, newest first. */
  deliveries: route({
    method: 'GET',
    path: '/api/notification-targets/:targetId/deliveries',
    access: 'admin',
    params,
    response: listOf(deliverySchema),
  }),

  mailServer: route({
    method: 'GET',
    path: '/api/settings/mail-server',
    access: 'admin',
    response: z.object({ server: mailServerSchema.nullable() }),
  }),

  /** `password` null: the one known stays, as long as server and user do. */
  setMailServer: route({
    method: 'PUT',
    path: '/api/settings/mail-server',
    access: 'admin',
    fresh: true,
    body: mailServerSchema.omit({ hasPassword: true }).extend({ password: z.string().max(500).nullable() }),
    response: z.object({ server: mailServerSchema }),
  }),
};
