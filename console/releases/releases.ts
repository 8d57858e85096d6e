/**
 * Releases of the agent that this console holds: directories of its data directory, one a version, each as it was imported.
 * What is read is judged anew each time, so a file that was put there by other means is no release.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { envelopeSchema, type Envelope } from '#protocol/envelope.ts';
import {
  findArtifact,
  openRelease,
  releaseSignatureFile,
  type Artifact,
  type ArtifactKind,
  type Release,
  type ReleaseTarget,
} from '#protocol/release.ts';
import { compareAgentVersions } from '#protocol/release/version.ts';

export interface HeldRelease {
  readonly release: Release;
  /** The signed manifest as a file: what an agent judges by itself, and asks for by this digest. */
  readonly manifest: { readonly path: string; readonly sha256: string };
  readonly directory: string;
}

export interface HeldArtifact {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly version: string;
}

export interface Releases {
  /** Newest version first; those that have expired, too. */
  list(): Promise<readonly HeldRelease[]>;
  /** The newest that has not expired. */
  current(): Promise<HeldRelease | null>;
  find(version: string): Promise<HeldRelease | null>;
  /** A file of the current release, or of the named version. */
  artifact(target: ReleaseTarget, kind: ArtifactKind, version?: string): Promise<HeldArtifact | null>;
}

export interface ReleasesOptions {
  readonly directory: string;
  /** Public release keys that are believed. */
  readonly keys: readonly string[];
  readonly clock: { now(): number };
}

export function createReleases(options: ReleasesOptions): Releases {
  const { directory, keys, clock } = options;
  const list = async (): Promise<readonly HeldRelease[]> => {
    const names = await readdir(directory).catch(() => []);
    const held = await Promise.all(
      names.filter((name) => !name.startsWith('.')).map((name) => readHeld(join(directory, name), keys)),
    );
    return held
      .filter((one) => one !== null)
      .toSorted((a, b) => compareAgentVersions(b.release.version, a.release.version));
  };
  const find = async (version?: string): Promise<HeldRelease | null> => {
    const held = await list();
    const fits = ({ release }: HeldRelease): boolean =>
      version === undefined ? Date.parse(release.expiresAt) > clock.now() : release.version === version;
    return held.find(fits) ?? null;
  };
  return {
    list,
    current: () => find(),
    find,
    async artifact(target, kind, version) {
      const held = await find(version);
      const artifact = held === null ? null : findArtifact(held.release, target, kind);
      if (held === null || artifact === null) return null;
      return { ...pick(artifact), path: join(held.directory, artifact.file), version: held.release.version };
    },
  };
}

const pick = ({ size, sha256 }: Artifact): Pick<Artifact, 'size' | 'sha256'> => ({ size, sha256 });

/** null for what is no release of these keys. One that has expired is still what it is. */
async function readHeld(directory: string, keys: readonly string[]): Promise<HeldRelease | null> {
  try {
    const { envelope, path, sha256 } = await readSigned(directory);
    return { manifest: { path, sha256 }, directory, release: openRelease(envelope, keys, 0) };
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

const signatureBytesMax = 128 * 1024;

export interface SignedManifest {
  readonly envelope: Envelope;
  readonly path: string;
  readonly sha256: string;
}

/** Fault `release.untrusted` when there is none. */
export async function readSigned(directory: string): Promise<SignedManifest> {
  const path = join(directory, releaseSignatureFile);
  try {
    if ((await stat(path)).size > signatureBytesMax) throw new RangeError('too large');
    const bytes = await readFile(path);
    return { envelope: envelopeSchema.parse(JSON.parse(bytes.toString('utf8'))), path, sha256: sha256Hex(bytes) };
  } catch (error) {
    throw new Fault('release.untrusted', `${path} cannot be read as a signature`, { cause: error });
  }
}
