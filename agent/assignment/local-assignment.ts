/**
 * `--assignment FILE`: installing without a console, for a device that is not enrolled. Root wrote the file, so root decides
 * what is installed; every check of the package itself stays as it is.
 */
import * as z from 'zod';
import { antivirusPolicySchema, candidateSchema, siteSchema, versionPolicySchema } from '#protocol/assignment.ts';
import { Fault } from '#protocol/codes.ts';
import { deploymentModeSchema } from '#protocol/words.ts';
import type { Platform } from '#platform/platform.ts';
import type { Supply } from '#agent/agent.ts';
import type { AcceptedAssignment } from '#agent/plan/decision.ts';
import type { Directory } from '#platform/files.ts';

const fileBytesMax = 256 * 1024;
const tokenBytesMax = 8 * 1024;
const chunkBytes = 4 * 1024 * 1024;

const localSchema = z.strictObject({
  mode: deploymentModeSchema.default('deploy'),
  site: siteSchema,
  candidates: z.array(candidateSchema).min(1).max(16),
  versionPolicy: versionPolicySchema.default({ kind: 'baseline' }),
  antivirus: antivirusPolicySchema.default(antivirusPolicySchema.parse({})),
  /** Root-owned 0600 file with the site token. */
  siteTokenFile: z.string().max(1000),
  /** Root-owned 0600 files, by the candidates' file names, in this directory. */
  packageDirectory: z.string().max(1000),
});

export interface LocalAssignment {
  readonly accepted: AcceptedAssignment;
  readonly supply: Supply;
}

/** Faults `file.untrusted` (owner, mode, link, directory) and `agent.bad-configuration` (every wrong field named). */
export async function readLocalAssignment(
  platform: Platform,
  path: string,
  packages: Directory,
): Promise<LocalAssignment> {
  const bytes = await platform.files.readTrusted(path, fileBytesMax);
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new Fault('agent.bad-configuration', `${path} is not JSON`, { cause: error });
  }
  const parsed = localSchema.safeParse(document);
  if (!parsed.success) throw new Fault('agent.bad-configuration', `${path}: ${z.prettifyError(parsed.error)}`);
  const { siteTokenFile, packageDirectory, ...wanted } = parsed.data;
  const nowMs = platform.clock.now();
  const assignment = {
    ...wanted,
    requires: [],
    consoleId: 'local',
    deviceId: 'local',
    organisationId: 'local',
    epoch: 0,
    number: 0,
    issuedAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + 30 * 86_400_000).toISOString(),
    vendor: 'sentinelone' as const,
    window: null,
    reboot: { kind: 'never' as const },
    slot: 'given' as const,
    approvals: [],
  };
  const supply: Supply = {
    fetchPackage: async (candidate, name) =>
      copyPackage(platform, {
        from: `${packageDirectory}/${candidate.fileName}`,
        packages,
        name,
        bytesMax: candidate.sizeBytes,
      }),
    siteToken: async () =>
      Buffer.from(await platform.files.readTrusted(siteTokenFile, tokenBytesMax))
        .toString('utf8')
        .trim(),
  };
  return { accepted: { assignment, source: 'local', vendorHosts: [wanted.site.consoleHost], approved: null }, supply };
}

interface Copy {
  readonly from: string;
  readonly packages: Directory;
  readonly name: string;
  readonly bytesMax: number;
}

/** Into our own directory: what runs must lie where nobody else can write. */
async function copyPackage(platform: Platform, { from, packages, name, bytesMax }: Copy): Promise<void> {
  const bytes = await platform.files.readTrusted(from, bytesMax);
  await packages.remove(name);
  const file = await packages.openDownload(name);
  try {
    for (let offset = 0; offset < bytes.length; offset += chunkBytes)
      await file.write(bytes.subarray(offset, offset + chunkBytes));
    await file.finish();
  } finally {
    await file.close();
  }
}
