/** The one thing a device is. Each variant carries what its reader needs. */
import * as z from 'zod';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { conditions, counter, idText, isoTime, longText, shortText } from '#protocol/words.ts';

export const conflictSchema = z.object({
  productId: idText,
  name: shortText,
  version: shortText.nullable(),
  state: z.enum(['active', 'installed-inactive', 'pending-reboot', 'remnant', 'coexists', 'self', 'unknown']),
  evidence: z.array(shortText).max(10),
  remedy: longText,
});
export type Conflict = z.infer<typeof conflictSchema>;

export const problemKinds = [
  'reboot-needed',
  'not-connected',
  'wrong-site',
  'other-antivirus',
  'update-available',
  'clock-skewed',
  'foreign-console',
  'below-minimum',
  'engine-problem',
  'network-extension-unapproved',
  'permission-missing',
] as const;

export const notProtectingReasons = [
  'service-stopped',
  'disabled',
  'detect-only',
  'full-disk-access-missing',
  'not-registered',
  'extension-unapproved',
  'reboot-pending',
  'bare-after-failed-upgrade',
  'unreadable',
] as const;

const since = { since: isoTime };

export const protectionStateSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('protected'),
    version: shortText,
    ...since,
    notes: z.array(z.enum(problemKinds)).max(8).default([]),
  }),
  z.object({
    kind: z.literal('degraded'),
    version: shortText,
    ...since,
    problems: z
      .array(z.object({ kind: z.enum(problemKinds), detail: shortText }))
      .min(1)
      .max(8),
  }),
  z.object({
    kind: z.literal('not-protecting'),
    version: shortText.nullable(),
    ...since,
    reason: z.enum(notProtectingReasons),
    detail: shortText,
    /** Left bare, and what the next attempt waits for (set only then). */
    waitsFor: z.enum(conditions).optional(),
  }),
  z.object({ kind: z.literal('checking'), ...since }),
  z.object({ kind: z.literal('unsupported'), ...since, reasons: z.array(shortText).max(20), help: longText }),
  z.object({
    kind: z.literal('unassigned'),
    ...since,
    reason: z.enum(['not-enrolled', 'no-assignment', 'no-site', 'expired']),
  }),
  z.object({
    kind: z.literal('paused'),
    ...since,
    mode: z.enum(['watch', 'paused']),
    wouldInstall: shortText.nullable(),
  }),
  z.object({
    kind: z.literal('installing'),
    ...since,
    step: shortText,
    attempt: counter,
    progress: z.object({ doneBytes: counter, totalBytes: counter }).nullable(),
  }),
  z.object({
    kind: z.literal('blocked'),
    ...since,
    fault: faultRecordSchema,
    conflicts: z.array(conflictSchema).max(20),
    /** A look has failed for more than a day: that does not end by itself any more (set only then). */
    alarm: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal('waiting'),
    ...since,
    condition: z.enum(conditions),
    fault: faultRecordSchema,
    holder: shortText.nullable(),
    lookAgainAt: isoTime,
    /** It has lasted for more than a day: nobody seems to care for it any more (set only then). */
    alarm: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal('retrying'),
    ...since,
    attempt: counter,
    attemptsMax: counter,
    fault: faultRecordSchema,
    nextAttemptAt: isoTime,
  }),
  z.object({ kind: z.literal('failed'), ...since, fault: faultRecordSchema }),
]);
export type ProtectionState = z.infer<typeof protectionStateSchema>;
export type ProtectionKind = ProtectionState['kind'];

export const protectionKinds = protectionStateSchema.options.map((option) => option.shape.kind.value);
