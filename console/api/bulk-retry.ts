/** Acting on every device of a shown filter: counted first, then done to exactly as many. */
import * as z from 'zod';
import { refusalReasonSchema } from '#console/api/command-rule.ts';
import { deviceFilters } from '#console/api/devices.ts';
import { deviceCount, route } from '#console/api/route.ts';
import { shownStateSchema } from '#console/api/shown-state.ts';
import { idText, shortText } from '#protocol/words.ts';

/** The most devices one press may reach; a larger filter is done in several. */
export const bulkRetryMax = 2_000;

const filter = z.object({ ...deviceFilters, state: shownStateSchema.optional() });

const refusalCount = z.object({ reason: refusalReasonSchema, devices: deviceCount });

export const bulkRetryPreviewSchema = z.object({
  /** Devices of the filter. */
  matching: deviceCount,
  /** Of these: what a press reaches, at most `bulkRetryMax`. */
  retries: deviceCount,
  /** Beyond what one press reaches; press again for them. */
  left: deviceCount,
  refused: z.array(refusalCount).max(20),
});
export type BulkRetryPreview = z.infer<typeof bulkRetryPreviewSchema>;

const bulkRetryResultSchema = z.object({
  deviceId: idText,
  hostname: shortText,
  /** `waiting`: one was pressed before and is still on its way; it is not doubled. */
  outcome: z.enum(['given', 'waiting']),
});

export const bulkRetryRoutes = {
  preview: route({
    method: 'GET',
    path: '/api/device-retries/preview',
    access: 'operator',
    query: filter,
    response: bulkRetryPreviewSchema,
  }),

  /**
   * `retries` must be what the preview said, else 409 `request.conflict`. Devices ask for their turn like any other:
   * a press on a thousand starts no more installs at once than the deployment allows.
   */
  retry: route({
    method: 'POST',
    path: '/api/device-retries',
    access: 'operator',
    fresh: true,
    body: z.object({ filter, retries: z.int().min(1).max(bulkRetryMax) }),
    response: z.object({ items: z.array(bulkRetryResultSchema).max(bulkRetryMax) }),
  }),
};
