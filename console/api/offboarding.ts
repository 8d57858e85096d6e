/** A whole organisation leaves this console: every device gives up its identity when it calls. */
import * as z from 'zod';
import { deviceCount, listOf, route } from '#console/api/route.ts';
import { idText, isoTime, shortText } from '#protocol/words.ts';

export const offboardingSchema = z.object({
  organisationId: idText,
  organisationName: shortText,
  state: z.enum(['running', 'cancelled', 'done']),
  /** When it began. */
  devices: deviceCount,
  /** Have not left yet; while it runs. */
  remaining: deviceCount,
  /** Of these: not reporting, told when they call. */
  silent: deviceCount,
  perHourMax: deviceCount,
  removeService: z.boolean(),
  startedAt: isoTime,
  startedBy: shortText,
  endedAt: isoTime.nullable(),
});
export type Offboarding = z.infer<typeof offboardingSchema>;

export const offboardingPreviewSchema = z.object({
  devices: deviceCount,
  silent: deviceCount,
  running: z.boolean(),
});
export type OffboardingPreview = z.infer<typeof offboardingPreviewSchema>;

const params = z.object({ organisationId: idText });

export const offboardingRoutes = {
  /** Running ones first, then the last that have ended. */
  list: route({ method: 'GET', path: '/api/offboardings', access: 'viewer', response: listOf(offboardingSchema) }),

  preview: route({
    method: 'GET',
    path: '/api/organisations/:organisationId/offboarding',
    access: 'admin',
    params,
    response: offboardingPreviewSchema,
  }),

  /**
   * Revokes its install keys and pauses installing at once. `devices` must be what the preview said, else 409. SentinelOne is
   * not touched, on no device.
   */
  start: route({
    method: 'POST',
    path: '/api/organisations/:organisationId/offboarding',
    access: 'admin',
    fresh: true,
    params,
    body: z.object({
      devices: z.int().min(0).max(1_000_000),
      perHourMax: z.int().min(1).max(1_000).default(100),
      /** The agent switches its own service off, too. */
      removeService: z.boolean().default(false),
    }),
    response: null,
  }),

  cancel: route({
    method: 'DELETE',
    path: '/api/organisations/:organisationId/offboarding',
    access: 'admin',
    params,
    response: null,
  }),
};
