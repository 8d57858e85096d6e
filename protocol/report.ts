/** The whole observed state of a device, at most 32 KB; sent when it changed. Every group says when it was measured. */
import * as z from 'zod';
import { conflictSchema, protectionStateSchema } from '#protocol/state.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { candidateSchema } from '#protocol/assignment.ts';
import { counter, isoTime, longText, shortText, targetSchema } from '#protocol/words.ts';

export const machineReportSchema = z.object({
  os: z.enum(['linux', 'macos', 'windows']),
  name: shortText,
  version: shortText,
  architecture: z.enum(['x64', 'x86', 'arm64', 'other']),
  product: z.enum(['client', 'server']),
  target: targetSchema.nullable(),
  hostname: shortText,
  memoryBytes: counter,
  virtualisation: shortText.nullable(),
  bootId: shortText,
});

/** For people only, read once a day; nothing is decided on it. */
export const hardwareReportSchema = z.object({
  manufacturer: shortText,
  model: shortText,
  serial: shortText,
  processor: shortText,
  disks: z.array(z.object({ name: shortText, sizeBytes: counter })).max(16),
});

export const productReportSchema = z.object({
  state: z.enum(['absent', 'partial', 'present']),
  version: shortText.nullable(),
  serviceRunning: z.boolean().nullable(),
  enabled: z.boolean().nullable(),
  connected: z.boolean().nullable(),
  /** The vendor's own id of the endpoint; the join key with the vendor's console. */
  agentUuid: shortText.nullable(),
  consoleHost: shortText.nullable(),
  siteKeySha256: shortText.nullable(),
  detail: z.array(shortText).max(20),
});
export type ProductReport = z.infer<typeof productReportSchema>;

const rejectedSchema = z.object({
  fileName: shortText,
  version: shortText,
  target: targetSchema,
  reason: shortText,
  code: shortText,
});

export const selectionReportSchema = z.object({
  chosen: candidateSchema.nullable(),
  rejected: z.array(rejectedSchema).max(16),
  help: longText.nullable(),
});
export type SelectionReport = z.infer<typeof selectionReportSchema>;

export const antivirusReportSchema = z.object({
  blocking: z.array(conflictSchema).max(20),
  reported: z.array(conflictSchema).max(40),
  failedProbes: z.array(z.object({ probe: shortText, detail: shortText, waived: z.boolean() })).max(20),
});
export type AntivirusReport = z.infer<typeof antivirusReportSchema>;

const decisionReportSchema = z.object({
  kind: z.enum(['do', 'wait', 'rest']),
  what: shortText,
  because: z.array(z.object({ code: shortText, text: shortText })).max(20),
  until: isoTime.nullable(),
});

const aged = <T extends z.ZodType>(value: T) => z.object({ observedAt: isoTime, value }).nullable();

export const deviceReportSchema = z.object({
  agentVersion: shortText,
  testTrust: z.boolean(),
  trust: z.enum(['console-only', 'owner']),
  source: z.enum(['console', 'local']),
  assignmentNumber: counter.nullable(),
  state: protectionStateSchema,
  decision: decisionReportSchema,
  machine: aged(machineReportSchema),
  hardware: aged(hardwareReportSchema),
  product: aged(productReportSchema),
  antivirus: aged(antivirusReportSchema),
  selection: aged(selectionReportSchema),
  attempts: z.object({
    number: counter,
    startsLast24h: counter,
    startsMax: counter,
    lastFault: faultRecordSchema.nullable(),
    nextAttemptAt: isoTime.nullable(),
  }),
});
export type DeviceReport = z.infer<typeof deviceReportSchema>;
