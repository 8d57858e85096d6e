/** Install keys: what lets a new device in. Their secret is shown once and stored hashed. */
import * as z from 'zod';
import { operatorLabel } from '#console/api/shown-state.ts';
import { listOf, route } from '#console/api/route.ts';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

export const enrolmentKeySchema = z.object({
  keyId: idText,
  organisationId: idText,
  organisationName: shortText,
  label: shortText,
  state: z.enum(['active', 'expired', 'used-up', 'revoked']),
  createdAt: isoTime,
  createdBy: shortText,
  expiresAt: isoTime,
  uses: counter,
  /** null: any number of devices. */
  usesMax: counter.nullable(),
  /** Devices that come in with it wait until an operator approves them. */
  approval: z.boolean(),
});
export type EnrolmentKey = z.infer<typeof enrolmentKeySchema>;

export const installCommandSchema = z.object({
  os: z.enum(['linux', 'macos', 'windows']),
  label: shortText,
  command: z.string().max(8000),
  /** Takes the Garrison agent away again, and nothing else; null: there is no script for it. */
  uninstall: z.string().max(8000).nullable(),
});
export type InstallCommand = z.infer<typeof installCommandSchema>;

export const createdEnrolmentKeySchema = z.object({
  key: enrolmentKeySchema,
  /** `garrison1.…`: pins this console, holds its addresses and the key's secret. Shown once. */
  enrolmentString: z.string().max(4000),
  /** Version of the Garrison agent that the lines install; null: no release is loaded, so only agents that are there enrol. */
  agentVersion: shortText.nullable(),
  /** One line each, to be pasted on a device as administrator. */
  commands: z.array(installCommandSchema).min(1).max(8),
});
export type CreatedEnrolmentKey = z.infer<typeof createdEnrolmentKeySchema>;

export const installLinesSchema = z.object({
  /** null: no release of the Garrison agent is loaded, so this console can hand none out. */
  agentVersion: shortText.nullable(),
  systems: z
    .array(z.object({ os: z.enum(['linux', 'macos', 'windows']), label: shortText, uninstall: z.string().max(8000) }))
    .max(8),
});
export type InstallLines = z.infer<typeof installLinesSchema>;

/** Organisations in one export. */
const exportMax = 500;

const wantedKey = {
  label: operatorLabel.default(''),
  lifetimeDays: z.int().min(1).max(365).default(7),
  usesMax: z.int().min(1).max(100_000).nullable().default(null),
  approval: z.boolean().default(false),
};

export const enrolmentKeyRoutes = {
  /** What this console hands out to devices, and how to take it away again. */
  lines: route({ method: 'GET', path: '/api/install-lines', access: 'operator', response: installLinesSchema }),

  /** Newest first. */
  list: route({
    method: 'GET',
    path: '/api/enrolment-keys',
    access: 'operator',
    query: z.object({ organisationId: idText.optional() }),
    response: listOf(enrolmentKeySchema),
  }),

  create: route({
    method: 'POST',
    path: '/api/enrolment-keys',
    access: 'operator',
    fresh: true,
    body: z.object({ organisationId: idText, ...wantedKey }),
    response: createdEnrolmentKeySchema,
  }),

  /** One new key for each of many organisations, as one file; its secrets are shown in this answer only. All or none. */
  export: route({
    method: 'POST',
    path: '/api/enrolment-keys/export',
    access: 'operator',
    fresh: true,
    body: z.object({ organisationIds: z.array(idText).min(1).max(exportMax), ...wantedKey }),
    response: z.object({ keys: counter, fileName: shortText, csv: z.string().max(8_000_000) }),
  }),

  /** Devices that came in with it stay. */
  revoke: route({
    method: 'DELETE',
    path: '/api/enrolment-keys/:keyId',
    access: 'operator',
    params: z.object({ keyId: idText }),
    response: enrolmentKeySchema,
  }),
};
