/** How long things are kept. The record of what people did is kept for ever. */
import * as z from 'zod';
import { route } from '#console/api/route.ts';

const days = (usual: number) => z.int().min(7).max(3_650).default(usual);

export const retentionSchema = z.object({
  /** What devices told: timelines, attempts, output of installers. */
  eventDays: days(90),
  /** Commands, counted from when they were given; only those that are over. */
  commandDays: days(90),
  /** Ended alerts. */
  alertDays: days(365),
  /** Notifications that arrived or were given up. */
  deliveryDays: days(30),
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
