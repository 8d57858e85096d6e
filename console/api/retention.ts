/** How long things are kept. */
import * as z from 'zod';
import { route } from '#console/api/route.ts';

export const retentionDaysMax = 3_650;

const days = (usual: number, least = 7) => z.int().min(least).max(retentionDaysMax).default(usual);

/** Whoever could have it forgotten within days could hide what he did. */
export const auditDaysMin = 365;

export const retentionSchema = z.object({
  /** What devices told: timelines, attempts, output of installers. */
  eventDays: days(90),
  /** Commands, counted from when they were given; only those that are over. */
  commandDays: days(90),
  /** Ended alerts. */
  alertDays: days(365),
  /** Notifications that arrived or were given up. */
  deliveryDays: days(30),
  /** The record of what people did; a sealed checkpoint stands for what was forgotten. */
  auditDays: days(1_095, auditDaysMin),
});
export type Retention = z.infer<typeof retentionSchema>;

export const retentionRoutes = {
  read: route({ method: 'GET', path: '/api/settings/retention', access: 'viewer', response: retentionSchema }),
  set: route({
    method: 'PUT',
    path: '/api/settings/retention',
    access: 'admin',
    fresh: true,
    body: retentionSchema.required(),
    response: retentionSchema,
  }),
};
