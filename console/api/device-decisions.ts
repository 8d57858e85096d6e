/** Devices that wait for an operator: who they are, where they belong, whether they are gone. */
import * as z from 'zod';
import { deviceFilters } from '#console/api/devices.ts';
import { deviceCount, listOf, route } from '#console/api/route.ts';
import { shownStateSchema } from '#console/api/shown-state.ts';
import { deploymentModeSchema, idText, isoTime, shortText } from '#protocol/words.ts';

const deviceName = { deviceId: idText, hostname: shortText, organisationId: idText, organisationName: shortText };

export const deviceToDecideSchema = z.object({
  ...deviceName,
  os: z.enum(['linux', 'macos', 'windows']),
  /**
   * `pending`: its install key asks for approval. `duplicate`: two machines use its identity. `same-hardware`: another device
   * was enrolled on the same hardware before.
   */
  kind: z.enum(['pending', 'duplicate', 'same-hardware']),
  enrolledAt: isoTime,
  lastSeenAt: isoTime,
  /** Of the install key it came in with. */
  keyLabel: shortText,
  /** With `same-hardware`: the earlier one. */
  earlier: z.object({ deviceId: idText, hostname: shortText, lastSeenAt: isoTime }).nullable(),
});
export type DeviceToDecide = z.infer<typeof deviceToDecideSchema>;

export const retiredDeviceSchema = z.object({ ...deviceName, retiredAt: isoTime, lastSeenAt: isoTime });
export type RetiredDevice = z.infer<typeof retiredDeviceSchema>;

/** The most devices one press may reach. */
export const massMax = 2_000;

/** Named ones, or all of a shown filter. */
const which = z.union([
  z.object({ deviceIds: z.array(idText).min(1).max(massMax) }),
  z.object({ filter: z.object({ ...deviceFilters, state: shownStateSchema.optional() }) }),
]);
export type WhichDevices = z.infer<typeof which>;
/** As it is asked for: numbers may still be text. */
export type AskedDevices = z.input<typeof which>;

export const movePreviewSchema = z.object({
  matching: deviceCount,
  /** Of these: what a press moves, at most `massMax`. */
  moves: deviceCount,
  /** Are there already. */
  there: deviceCount,
  /** Beyond what one press reaches. */
  left: deviceCount,
  /** An install is under way; they are left where they are. */
  installing: deviceCount,
  to: z.object({
    organisationName: shortText,
    mode: deploymentModeSchema,
    /** Name of the SentinelOne site; null: none is chosen. */
    siteName: shortText.nullable(),
  }),
  /** Have SentinelOne: they stay in the site they are in until somebody moves them there. */
  withProduct: deviceCount,
  /** Exceptions for these devices alone end with the move. */
  exceptions: deviceCount,
});
export type MovePreview = z.infer<typeof movePreviewSchema>;

export const retirePreviewSchema = z.object({
  matching: deviceCount,
  retires: deviceCount,
  left: deviceCount,
  /** Still report, so they are not gone. */
  reporting: deviceCount,
});
export type RetirePreview = z.infer<typeof retirePreviewSchema>;

const params = z.object({ deviceId: idText });
const count = z.int().min(1).max(massMax);
const done = z.object({ devices: deviceCount });

export const deviceDecisionRoutes = {
  /** The first 500, longest waiting first. */
  list: route({
    method: 'GET',
    path: '/api/device-decisions',
    access: 'viewer',
    response: listOf(deviceToDecideSchema),
  }),

  /** Lets a device in that waits for approval. One that is not wanted is removed. */
  approve: route({
    method: 'POST',
    path: '/api/devices/:deviceId/approval',
    access: 'operator',
    params,
    response: null,
  }),

  /**
   * Two machines under one identity: `new-device` gives each one of its own, `replaces` says that only one is left. A second
   * device on the same hardware: `new-device` keeps both, `replaces` retires the earlier one. Nothing to decide: 409.
   */
  decide: route({
    method: 'POST',
    path: '/api/devices/:deviceId/identity',
    access: 'operator',
    params,
    body: z.object({ decision: z.enum(['new-device', 'replaces']) }),
    response: null,
  }),

  previewMove: route({
    method: 'POST',
    path: '/api/device-moves/preview',
    access: 'operator',
    body: z.object({ which, organisationId: idText }),
    response: movePreviewSchema,
  }),

  /** `devices` must be what the preview said, else 409 `request.conflict`. History goes along, exceptions do not. */
  move: route({
    method: 'POST',
    path: '/api/device-moves',
    access: 'operator',
    fresh: true,
    body: z.object({ which, organisationId: idText, devices: count }),
    response: done,
  }),

  previewRetire: route({
    method: 'POST',
    path: '/api/device-retirements/preview',
    access: 'operator',
    body: z.object({ which }),
    response: retirePreviewSchema,
  }),

  /** They keep identity and history and are counted no more; one that calls again is there again. */
  retire: route({
    method: 'POST',
    path: '/api/device-retirements',
    access: 'operator',
    fresh: true,
    body: z.object({ which, devices: count }),
    response: done,
  }),

  /** The last 500. */
  retired: route({
    method: 'GET',
    path: '/api/device-retirements',
    access: 'viewer',
    response: listOf(retiredDeviceSchema),
  }),

  bringBack: route({
    method: 'DELETE',
    path: '/api/device-retirements/:deviceId',
    access: 'operator',
    params,
    response: null,
  }),
};
