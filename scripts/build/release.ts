/** What a release consists of, and what still stands in its way. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { releaseSchema, type Artifact, type Release } from '#protocol/release.ts';
import type { BuiltAgent } from './agent.ts';
import { checkProgramTrust } from './executable.ts';
import { packagesOfBuild } from './package-record.ts';
import { nodeVersion, runtimeOf, sha256, type Comparison, type Target } from './runtime.ts';

export interface ReleaseInput {
  readonly version: string;
  readonly commit: string;
  /** In one directory, with the packages that were made of them. */
  readonly built: readonly (Pick<BuiltAgent, 'file'> & { readonly target: Target })[];
  /** Public release keys that these agents believe. */
  readonly keys: readonly string[];
  readonly issuedAtMs: number;
  readonly lifetimeMs: number;
  readonly replaces: readonly string[];
  /** Default: as `runtimes.json` says. */
  readonly comparison?: (target: Target) => Comparison | null;
}

export interface DescribedRelease {
  readonly manifest: Release;
  /** As long as there are any: such files may be tried out, not handed out. */
  readonly hindrances: readonly string[];
}

/** Throws when test trust is in the bytes of a file: that is never a release. All else is named as a hindrance. */
export function describeRelease(input: ReleaseInput): DescribedRelease {
  const binaries = input.built.map(({ target, file }) => {
    checkProgramTrust(file, 'release', false);
    return artifactOf(target, 'binary', file);
  });
  const manifest: Release = releaseSchema.parse({
    product: 'garrison-agent',
    version: input.version,
    commit: input.commit,
    issuedAt: new Date(input.issuedAtMs).toISOString(),
    expiresAt: new Date(input.issuedAtMs + input.lifetimeMs).toISOString(),
    artifacts: [...binaries, ...packages(input, binaries)],
    replaces: input.replaces,
    test: false,
  });
  return { manifest, hindrances: hindrancesOf(input) };
}

function packages(input: ReleaseInput, binaries: readonly Artifact[]): readonly Artifact[] {
  const directory = dirname(input.built[0]?.file ?? '.');
  const digests = new Map(binaries.map(({ target, sha256: digest }) => [target, digest]));
  const found = packagesOfBuild(directory, { version: input.version, binaries: digests });
  return found.map(({ target, kind, file }) => artifactOf(target, kind, join(directory, file)));
}

function artifactOf(target: Target, kind: Artifact['kind'], file: string): Artifact {
  const bytes = readFileSync(file);
  return { target, kind, file: basename(file), size: bytes.length, sha256: sha256(bytes) };
}

function hindrancesOf({ version, commit, built, keys, comparison }: ReleaseInput): readonly string[] {
  const compared = comparison ?? ((target: Target) => runtimeOf(target).comparison);
  return [
    ...(version.includes('+') ? [`${version} is not the version of a release`] : []),
    ...(/^[0-9a-f]{40}$/.test(commit) ? [] : [`made from ${commit}, not from a commit as it is`]),
    ...(keys.length >= 2
      ? []
      : [
          `${keys.length} release keys are compiled in, wanted are one and a spare (protocol/release/trust.release.ts)`,
        ]),
    ...built.flatMap(({ target }) => {
      const why = whyNotCompared(compared(target), runtimeOf(target).sha256);
      return why === null ? [] : [`${target}: ${why}`];
    }),
  ];
}

/** A comparison names who, when, which key and which bytes; null when it holds for these. */
export function whyNotCompared(comparison: Comparison | null, digest: string): string | null {
  if (comparison === null) return `nobody compared its Node ${nodeVersion} with the project's signed checksums`;
  const { by, on, key } = comparison;
  if (comparison.sha256 !== digest) return `another Node than this one was compared (by ${by}, on ${on})`;
  const whole = by.trim().length >= 3 && /^\d{4}-\d{2}-\d{2}$/.test(on) && /^[0-9A-F]{40}$/.test(key);
  return whole ? null : 'the comparison of its Node names no person, day or key';
}

/** In the form that `sha256sum --check` reads. */
export function checksums({ artifacts }: Release): string {
  return artifacts.map((one) => `${one.sha256}  ${one.file}\n`).join('');
}
