/** What SentinelOne itself has on record of a device, and where that does not fit what the device says. */
import * as z from 'zod';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { counter, isoTime, shortText } from '#protocol/words.ts';

export const vendorMismatches = [
  /** The device has the agent; SentinelOne has no record of it in the organisation's site. */
  'installed-not-registered',
  /** SentinelOne has it in another site. Told only to who may know that site. */
  'wrong-site',
  /** SentinelOne has removed it, the device still has the agent. */
  'decommissioned',
  'version-differs',
  /** More than one live record for the one device. */
  'duplicate',
  /** The device reports and has the agent; SentinelOne has not heard of that for more than a day. */
  'stale',
  /** Its policy only detects. */
  'detect-only',
  /** Switched off in SentinelOne. */
  'switched-off',
  /** An uninstall was ordered there and waits. */
  'pending-uninstall',
  /** Something must be done at the device before it protects fully. */
  'user-action-needed',
] as const;
export type VendorMismatch = (typeof vendorMismatches)[number];

const vendorRecordSchema = z.object({
  vendorAgentId: shortText,
  computerName: shortText,
  siteName: shortText.nullable(),
  agentVersion: shortText.nullable(),
  /** Connected to SentinelOne lately; no proof of health. */
  isActive: z.boolean(),
  lastActiveAt: isoTime.nullable(),
  isDecommissioned: z.boolean(),
  infected: z.boolean(),
  activeThreats: counter,
  networkStatus: shortText.nullable(),
  /** none, started, aborted, finished; others from newer consoles. */
  scanStatus: shortText.nullable(),
  scanStartedAt: isoTime.nullable(),
  /** End of the last full disk scan that was finished; null: none yet, or not told. */
  lastScanAt: isoTime.nullable(),
  /** detect, protect, or a word of a newer console. */
  mitigationMode: shortText.nullable(),
  /** What SentinelOne says must be done, missing permissions of the system included. */
  userActionsNeeded: z.array(shortText).max(20),
});
export type VendorRecord = z.infer<typeof vendorRecordSchema>;

export const vendorLookupSchema = z.object({
  /** `not-mapped`: the organisation has no site; `no-agent-id`: the device has no agent that told its id. */
  looked: z.enum(['not-mapped', 'no-agent-id', 'failed', 'ok']),
  /** Of the organisation's own site, or null: there is none. */
  record: vendorRecordSchema.nullable(),
  mismatches: z.array(z.enum(vendorMismatches)).max(vendorMismatches.length),
  /** Name of the site it is in instead, with `wrong-site`. */
  otherSite: shortText.nullable(),
  /** Why the look failed, with `failed`. */
  fault: faultRecordSchema.nullable(),
  /** SentinelOne has removed its agent, and nobody has decided yet whether it may be put back. */
  removal: z.object({ how: z.enum(['decommissioned', 'uninstalled']), since: isoTime.nullable() }).nullable(),
  /** What the API token of the connection may do; true also when SentinelOne does not tell. */
  rights: z.object({ scanStart: z.boolean(), scanAbort: z.boolean(), threats: z.boolean() }),
  /** When SentinelOne was asked; up to a minute ago. */
  readAt: isoTime.nullable(),
  /** The SentinelOne console itself. */
  link: z
    .object({
      url: z
        .string()
        .max(300)
        .regex(/^https?:\/\/[^/\s@]+\/$/),
      host: shortText,
    })
    .nullable(),
});
export type VendorLookup = z.infer<typeof vendorLookupSchema>;
