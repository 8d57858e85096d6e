/** What happened on a device, in order. The key of an event is (device, journalId, seq). */
import * as z from 'zod';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { conflictSchema, protectionStateSchema } from '#protocol/state.ts';
import { candidateSchema } from '#protocol/assignment.ts';
import { limits } from '#protocol/limits.ts';
import {
  attemptSteps,
  commandVerbs,
  counter,
  idText,
  isoTime,
  longText,
  sha256Text,
  shortText,
} from '#protocol/words.ts';

const fault = faultRecordSchema.nullable();

/** Data of each kind this version knows. Unknown kinds are stored raw by the console. */
export const eventDataSchemas = {
  'agent-started': z.object({
    version: shortText,
    bootId: shortText,
    reason: z.enum(['start', 'crash', 'reboot', 'update']),
  }),
  'state-lost': z.object({ detail: longText }),
  'assignment-accepted': z.object({ number: counter, mode: shortText, site: shortText.nullable() }),
  'assignment-refused': z.object({ fault: faultRecordSchema }),
  'command-received': z.object({ commandId: idText, verb: z.enum(commandVerbs) }),
  'command-executed': z.object({
    commandId: idText,
    verb: z.enum(commandVerbs),
    result: z.enum(['done', 'refused', 'joined']),
    fault,
  }),
  'command-refused': z.object({ fault: faultRecordSchema }),
  'state-changed': z.object({ from: shortText, state: protectionStateSchema }),
  'conflict-found': z.object({ conflicts: z.array(conflictSchema).max(20) }),
  'attempt-started': z.object({
    attempt: counter,
    package: candidateSchema,
    trigger: z.enum(['automatic', 'retry', 'repair']),
  }),
  'attempt-step': z.object({
    attempt: counter,
    step: z.enum(attemptSteps),
    result: z.enum(['started', 'ok', 'failed', 'waiting']),
    detail: longText,
    fault,
  }),
  'installer-exited': z.object({
    attempt: counter,
    run: counter,
    exitCode: z.int().nullable(),
    signal: shortText.nullable(),
    meaning: longText,
    durationMs: counter,
    /** Redacted end of the installer's output; dropped first when the outbox is full. */
    output: z.string().max(limits.outputExcerptBytesMax),
  }),
  'attempt-ended': z.object({
    attempt: counter,
    result: z.enum(['protected', 'installed', 'failed', 'superseded', 'unknown']),
    fault,
    nextAttemptAt: isoTime.nullable(),
  }),
  /** The agent restarts the device, or does not after all; `at` is when it goes down. */
  reboot: z.object({
    attempt: counter,
    result: z.enum(['scheduled', 'cancelled', 'failed']),
    at: isoTime,
    detail: longText,
  }),
  /** Critical: what protected this device is gone, and nothing has taken its place. */
  'protection-lost': z.object({ attempt: counter, fault: faultRecordSchema }),
  'package-refused': z.object({ package: candidateSchema, fault: faultRecordSchema }),
  /** An archive for people who look for a fault; `sha256` is of the archive as it lies on the device. */
  'diagnostics-made': z.object({
    by: z.enum(['console', 'local']),
    commandId: idText.nullable(),
    sizeBytes: counter,
    sha256: sha256Text,
  }),
  'retry-requested': z.object({ by: z.enum(['console', 'local', 'conditions']), commandId: idText.nullable() }),
  /** The agent updates itself; told by whichever version runs then. */
  'agent-update': z.object({
    from: shortText,
    version: shortText,
    /** `inconclusive`: the version before runs again, but may not be able to reach the console either. */
    result: z.enum(['switching', 'done', 'refused', 'returned', 'inconclusive']),
    fault,
  }),
  'events-dropped': z.object({ from: counter, to: counter, reason: shortText }),
  unenrolled: z.object({ by: z.enum(['console', 'local']) }),
} as const;
export type EventKind = keyof typeof eventDataSchemas;
export type EventData<K extends EventKind> = z.input<(typeof eventDataSchemas)[K]>;

/** As it travels: kind and data are checked apart, so that one bad event does not stop the others. */
export const eventSchema = z.object({
  seq: counter,
  /** The console's time as the device estimates it. */
  at: isoTime,
  kind: shortText,
  data: z.record(z.string().max(64), z.unknown()),
});
export type DeviceEvent = z.infer<typeof eventSchema>;

export function isEventKind(kind: string): kind is EventKind {
  return Object.hasOwn(eventDataSchemas, kind);
}
