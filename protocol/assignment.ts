/** What the console wants on a device. Travels as the payload of a signed envelope (`envelope.ts`). */
import * as z from 'zod';
import { envelopeSchema } from '#protocol/envelope-schema.ts';
import { limits } from '#protocol/limits.ts';
import {
  counter,
  deploymentModeSchema,
  idText,
  isoTime,
  sha256Text,
  shortText,
  targetSchema,
  versionText,
} from '#protocol/words.ts';

/** One vendor file that may be installed; its bytes are fixed by the digest. */
export const candidateSchema = z.object({
  target: targetSchema,
  format: z.enum(['exe', 'msi', 'pkg', 'deb', 'rpm']),
  version: versionText,
  fileName: z.string().regex(/^[A-Za-z0-9._+-]{1,200}$/),
  sizeBytes: z.int().min(1).max(limits.packageBytesMax),
  sha256: sha256Text,
  /** Where it came from: "Garrison's tested version", the vendor's list, an upload. */
  source: z.enum(['baseline', 'vendor', 'upload']),
  release: z.enum(['ga', 'ea', 'beta', 'other']),
});
export type Candidate = z.infer<typeof candidateSchema>;

export const versionPolicySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('baseline') }),
  z.object({ kind: z.literal('latest-ga') }),
  z.object({ kind: z.literal('exact'), version: versionText }),
]);
export type VersionPolicy = z.infer<typeof versionPolicySchema>;

export const antivirusPolicySchema = z.object({
  exceptions: z
    .array(z.object({ productId: idText, issuedAt: isoTime, expiresAt: isoTime }))
    .max(50)
    .default([]),
  waivers: z
    .array(z.object({ probe: idText, issuedAt: isoTime, expiresAt: isoTime }))
    .max(20)
    .default([]),
  onDemandScanners: z.enum(['block', 'report']).default('block'),
  defenderOnServers: z.enum(['report', 'block']).default('report'),
  coexisting: z.enum(['report', 'block']).default('report'),
});
export type AntivirusPolicy = z.infer<typeof antivirusPolicySchema>;

/** Where the device shall enrol with the vendor. The secret itself is fetched right before an install. */
export const siteSchema = z.object({
  siteId: shortText,
  siteName: shortText,
  groupId: shortText.nullable().default(null),
  /** Host (and port, if not 443) of the vendor console; must be among the key set's pinned hosts. */
  consoleHost: z.string().max(260),
  /** SHA-256 (hex) of the site key inside the site token: the token handed out must match (G1). */
  siteKeySha256: sha256Text,
});
export type Site = z.infer<typeof siteSchema>;

/**
 * Whether the agent may restart a device after its own installer asked for it. `window`: only inside these daily hours of
 * the device's local time, with notice to its users; the device adds its own limits, and its local configuration outranks
 * this. Hours that begin when they end are no hours.
 */
export const rebootPolicySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('never') }),
  z.object({
    kind: z.literal('window'),
    startMinute: z.int().min(0).max(1439),
    endMinute: z.int().min(0).max(1439),
  }),
]);
export type RebootPolicy = z.infer<typeof rebootPolicySchema>;

export const assignmentSchema = z.object({
  /** Abilities the reader must have; an unknown one makes it refuse the whole assignment. */
  requires: z.array(idText).max(20).default([]),
  consoleId: idText,
  deviceId: idText,
  organisationId: idText,
  epoch: counter,
  number: counter,
  issuedAt: isoTime,
  expiresAt: isoTime,
  vendor: z.literal('sentinelone'),
  mode: deploymentModeSchema,
  site: siteSchema.nullable(),
  candidates: z.array(candidateSchema).max(limits.candidatesMax),
  versionPolicy: versionPolicySchema,
  antivirus: antivirusPolicySchema,
  /** Owner-signed approvals of what is named above (`approval.ts`); needed only where the key set asks for them. */
  approvals: z.array(envelopeSchema).max(32).default([]),
  /** Daily hours (device local time) in which installs may start; null: any time. */
  window: z
    .object({ startMinute: z.int().min(0).max(1439), endMinute: z.int().min(0).max(1439) })
    .nullable()
    .default(null),
  /** Consoles before this field never let the agent restart a device. */
  reboot: rebootPolicySchema.default({ kind: 'never' }),
  /**
   * Whether it is this device's turn. `none`: everything is prepared and reported, nothing starts; the console gives
   * no site token either. Installs of a fleet start in slots, so that a bad package meets few devices.
   */
  slot: z.enum(['given', 'none']).default('given'),
});
export type Assignment = z.infer<typeof assignmentSchema>;

/** Abilities this code has; named in `requires` by a console that needs them. */
export const abilities: readonly string[] = [
  'assignment-1',
  'sentinelone-linux-1',
  'sentinelone-windows-1',
  'sentinelone-macos-1',
];
