/** Devices: list, counters, one device, its timeline, attempts and commands. */
import * as z from 'zod';
import { attemptSchema } from '#console/api/attempts.ts';
import { operatorVerbs, refusalReasonSchema } from '#console/api/command-rule.ts';
import { coverageSchema, vendorStandingSchema } from '#console/api/coverage-rule.ts';
import { exceptionSchema } from '#console/api/exceptions.ts';
import { mappingStatusSchema } from '#console/api/mapping-status.ts';
import { countedAt, deviceCount, listOf, pageOf, pageQuery, route } from '#console/api/route.ts';
import { causeText, shownStateSchema } from '#console/api/shown-state.ts';
import { vendorLookupSchema } from '#console/api/vendor-record.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { deviceReportSchema } from '#protocol/report.ts';
import { protectionStateSchema } from '#protocol/state.ts';
import { counter, deploymentModeSchema, idText, isoTime, shortText, targetSchema } from '#protocol/words.ts';

export const deviceRowSchema = z.object({
  deviceId: idText,
  organisationId: idText,
  organisationName: shortText,
  hostname: shortText,
  os: z.enum(['linux', 'macos', 'windows']),
  osName: shortText,
  osVersion: shortText,
  target: targetSchema.nullable(),
  agentVersion: shortText,
  /** Version of the protection product that was found; null: none. */
  productVersion: shortText.nullable(),
  /** What it said last, passed through `stateForList`; null: never reported. */
  state: protectionStateSchema.nullable(),
  /** Any contact counts. */
  lastSeenAt: isoTime,
  /** Set while the device is overdue: its last word is not shown as the truth any more. */
  notReportingSince: isoTime.nullable(),
  /** An agent that trusts test publishers: never for real use. */
  testTrust: z.boolean(),
});
export type DeviceRow = z.infer<typeof deviceRowSchema>;

export const deviceSorts = ['name', 'state', 'last-seen'] as const;
export type DeviceSort = (typeof deviceSorts)[number];

const silentHoursMax = 10 * 365 * 24;
const versionText = shortText.min(1);
/** Instead of a version, of devices without SentinelOne. */
export const noProduct = 'none';

/** What lists, counters, exports and bulk actions can be narrowed by. */
export const deviceFilters = {
  organisationId: idText.optional(),
  /** Part of the name, without regard to case. */
  search: z.string().trim().max(100).optional(),
  cause: causeText.optional(),
  os: z.enum(['linux', 'macos', 'windows']).optional(),
  coverage: coverageSchema.optional(),
  /** What SentinelOne's record says of it. */
  record: vendorStandingSchema.optional(),
  /** Of the Garrison agent, whole. */
  agentVersion: versionText.optional(),
  /** Of the SentinelOne agent, whole; `none`: there is none. */
  productVersion: versionText.optional(),
  /** Not reporting for at least so many hours. */
  silentHours: z.coerce.number().int().min(1).max(silentHoursMax).optional(),
};

const allDeviceFilters = z.object({ ...deviceFilters, state: shownStateSchema.optional() });
export type AskedFilter = z.output<typeof allDeviceFilters>;

/** `state` and `last-seen` put worst and oldest first. */
export const deviceListQuery = z.object({
  ...deviceFilters,
  state: shownStateSchema.optional(),
  sort: z.enum(deviceSorts).default('name'),
  ...pageQuery,
  /** How many devices stand before the page; for a jump to where no page has ended. Not together with `after`. */
  from: z.coerce.number().int().min(0).max(10_000_000).optional(),
});

export const deviceCountsSchema = z.object({
  /** States without devices are left out; the rest adds up to `devices`. */
  counts: z.array(z.object({ state: shownStateSchema, devices: deviceCount })).max(20),
  devices: deviceCount,
  countedAt,
});
export type DeviceCounts = z.infer<typeof deviceCountsSchema>;

const versionCounts = z.array(z.object({ version: versionText, devices: deviceCount })).max(50);

export const deviceFacetsSchema = z.object({
  /** Of reporting devices that need attention, most first. */
  causes: z.array(z.object({ cause: causeText, devices: deviceCount })).max(20),
  /** Newest first; the most frequent ones where there are more. */
  agentVersions: versionCounts,
  productVersions: versionCounts,
});
export type DeviceFacets = z.infer<typeof deviceFacetsSchema>;

/** From press to effect; each time is null until it happened. */
export const deviceCommandSchema = z.object({
  commandId: idText,
  verb: z.enum(operatorVerbs),
  requestedAt: isoTime,
  requestedBy: shortText,
  expiresAt: isoTime,
  /** The device acknowledged it (`command-received`). */
  receivedAt: isoTime.nullable(),
  /** The device carried it out (`command-executed`): timers ended, conditions measured, work started. */
  startedAt: isoTime.nullable(),
  result: z.enum(['done', 'refused', 'joined', 'expired']).nullable(),
  fault: faultRecordSchema.nullable(),
});
export type DeviceCommand = z.infer<typeof deviceCommandSchema>;

export const deviceDetailSchema = z.object({
  ...deviceRowSchema.shape,
  /** As it was sent, not shortened; every group in it carries its own `observedAt`. */
  state: protectionStateSchema.nullable(),
  report: deviceReportSchema.nullable(),
  reportedAt: isoTime.nullable(),
  enrolledAt: isoTime,
  mode: deploymentModeSchema,
  mapping: z.object({ status: mappingStatusSchema, siteName: shortText.nullable(), consoleHost: shortText.nullable() }),
  /** When the agent restarts the device, as it told; null: no restart of ours is to come. */
  restartAt: isoTime.nullable(),
  /** Two machines use this identity. */
  duplicateIdentity: z.boolean(),
  /** Came in with an install key that asks for approval; gets nothing until somebody approves it. */
  waitsForApproval: z.boolean(),
  /** An earlier device on the same hardware that nobody has decided about. */
  sameHardwareAs: idText.nullable(),
  /** Gone for good, as an operator said; null: not retired. */
  retiredAt: isoTime.nullable(),
  /** In force for this device, its organisation's included. */
  exceptions: z.array(exceptionSchema).max(100),
  /** By `refusalOf`; null: may be pressed. */
  refusals: z.record(z.enum(operatorVerbs), refusalReasonSchema.nullable()),
});
export type DeviceDetail = z.infer<typeof deviceDetailSchema>;

export const timelineEventSchema = z.object({
  journalId: idText,
  seq: counter,
  at: isoTime,
  receivedAt: isoTime,
  kind: shortText,
  /** Checked by the page against `eventDataSchemas`; an unknown kind is shown by its name alone. */
  data: z.record(z.string().max(64), z.unknown()),
});
export type TimelineEvent = z.infer<typeof timelineEventSchema>;

/** Numbers of a journal that the device had forgotten when it was asked for them: they never come. */
export const timelineGapSchema = z.object({ journalId: idText, from: counter, to: counter, recordedAt: isoTime });
export type TimelineGap = z.infer<typeof timelineGapSchema>;

const params = z.object({ deviceId: idText });

export const deviceRoutes = {
  list: route({
    method: 'GET',
    path: '/api/devices',
    access: 'viewer',
    query: deviceListQuery,
    response: pageOf(deviceRowSchema),
  }),

  /** Under the same filters as the list, except the state. */
  counts: route({
    method: 'GET',
    path: '/api/device-counts',
    access: 'viewer',
    query: z.object(deviceFilters),
    response: deviceCountsSchema,
  }),

  /** What a filter can be narrowed by further, with how many devices each leaves: each list without its own part of it. */
  facets: route({
    method: 'GET',
    path: '/api/device-facets',
    access: 'viewer',
    query: allDeviceFilters,
    response: deviceFacetsSchema,
  }),

  read: route({
    method: 'GET',
    path: '/api/devices/:deviceId',
    access: 'viewer',
    params,
    response: deviceDetailSchema,
  }),

  /** Newest first, by arrival. `gaps`: the last 100, the same on every page. */
  timeline: route({
    method: 'GET',
    path: '/api/devices/:deviceId/timeline',
    access: 'viewer',
    params,
    query: z.object(pageQuery),
    response: pageOf(timelineEventSchema).extend({ gaps: z.array(timelineGapSchema).max(100) }),
  }),

  /** The last 20, newest first: `attemptsOf` over the stored events. */
  attempts: route({
    method: 'GET',
    path: '/api/devices/:deviceId/attempts',
    access: 'viewer',
    params,
    response: listOf(attemptSchema),
  }),

  /** Asks SentinelOne, which takes a while; a failure is in `fault`, the answer is 200. */
  vendorRecord: route({
    method: 'GET',
    path: '/api/devices/:deviceId/vendor-record',
    access: 'viewer',
    params,
    response: vendorLookupSchema,
  }),

  /** The last 10, newest first. */
  commands: route({
    method: 'GET',
    path: '/api/devices/:deviceId/commands',
    access: 'viewer',
    params,
    response: listOf(deviceCommandSchema),
  }),

  /** One that waits already is answered again, not doubled. Refused by `refusalOf`: 409 `request.conflict`. */
  command: route({
    method: 'POST',
    path: '/api/devices/:deviceId/commands',
    access: 'operator',
    params,
    body: z.object({ verb: z.enum(operatorVerbs) }),
    response: deviceCommandSchema,
  }),

  /** Its identity is revoked; nothing on the device is touched. */
  remove: route({ method: 'DELETE', path: '/api/devices/:deviceId', access: 'admin', params, response: null }),
};
