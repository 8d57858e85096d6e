/**
 * A release of the agent: one manifest, signed with an offline release key, that fixes every file by size and digest. Only
 * what it names is handed out by a console and run by an updating agent; a console cannot make one.
 */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { openEnvelope, type Envelope } from '#protocol/envelope.ts';
import { agentVersionText } from '#protocol/release/version.ts';
import { isoTime, sha256Text } from '#protocol/words.ts';

/** System and processor that a file of a release is made for. */
export const releaseTargets = [
  'linux-x64',
  'linux-arm64',
  'windows-x64',
  'windows-x86',
  'macos-x64',
  'macos-arm64',
] as const;
export type ReleaseTarget = (typeof releaseTargets)[number];

/** `binary` is what an agent updates itself with, the others are for people and their tools. */
export const artifactKinds = ['binary', 'deb', 'rpm', 'msi', 'archive'] as const;
export type ArtifactKind = (typeof artifactKinds)[number];

/** What signs, and what is signed, stand beside the files under these names. */
export const releaseFile = 'release.json';
export const releaseSignatureFile = 'release.json.sig';

const artifactBytesMax = 512 * 1024 * 1024;

export const artifactSchema = z.object({
  target: z.enum(releaseTargets),
  kind: z.enum(artifactKinds),
  /** Plain name, beside the manifest. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~-]{0,199}$/),
  size: z.int().min(1).max(artifactBytesMax),
  sha256: sha256Text,
});
export type Artifact = z.infer<typeof artifactSchema>;

export const releaseSchema = z.object({
  product: z.literal('garrison-agent'),
  version: agentVersionText,
  commit: z.string().max(60),
  issuedAt: isoTime,
  /** Past it nobody begins with this release any more: an old one with a known hole cannot be played back for ever. */
  expiresAt: isoTime,
  artifacts: z
    .array(artifactSchema)
    .min(1)
    .max(36)
    .refine(
      (all) => new Set(all.map(({ target, kind }) => `${target} ${kind}`)).size === all.length,
      'two files for the same target and kind',
    ),
  /** Newer versions that this one may take the place of, because they were withdrawn. Empty: none. */
  replaces: z.array(agentVersionText).max(20).default([]),
  /** Made of binaries that believe stand-ins; such a release is signed with a test key. */
  test: z.boolean(),
});
export type Release = z.infer<typeof releaseSchema>;

/**
 * The release that one of `keys` signed. Fault `release.no-key` when the build knows none (its updates are off),
 * `release.untrusted` for a foreign or altered one, `release.expired` past its time.
 */
export function openRelease(envelope: Envelope, keys: readonly string[], nowMs: number): Release {
  if (keys.length === 0) throw new Fault('release.no-key', 'this build holds no release key');
  const opened = openEnvelope('release', envelope, keys);
  if (!opened.ok) throw new Fault('release.untrusted', opened.why);
  const parsed = releaseSchema.safeParse(opened.value);
  if (!parsed.success) throw new Fault('release.untrusted', `not a release: ${z.prettifyError(parsed.error)}`);
  if (Date.parse(parsed.data.expiresAt) <= nowMs)
    throw new Fault('release.expired', `${parsed.data.version} was to be used until ${parsed.data.expiresAt}`);
  return parsed.data;
}

export function findArtifact(release: Release, target: string, kind: ArtifactKind): Artifact | null {
  return release.artifacts.find((one) => one.target === target && one.kind === kind) ?? null;
}
