/**
 * Beside each installable file stands what it holds, so that a release never takes in one that was left over from an earlier
 * build. Whoever makes a package of the release flavour calls `recordPackage`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ArtifactKind } from '#protocol/release.ts';
import { sha256, type Target } from './runtime.ts';

export interface PackageRecord {
  readonly kind: Exclude<ArtifactKind, 'binary'>;
  readonly target: Target;
  readonly version: string;
  readonly file: string;
  /** Of the package itself. */
  readonly sha256: string;
  /** SHA-256 of the agent's binary inside. */
  readonly binary: string;
}

const suffix = '.package.json';

/** `file`: the finished package; `program`: the binary that was put into it. */
export function recordPackage(
  file: string,
  { program, ...what }: Pick<PackageRecord, 'kind' | 'target' | 'version'> & { readonly program: string },
): void {
  const record: PackageRecord = {
    ...what,
    file: basename(file),
    sha256: sha256(readFileSync(file)),
    binary: sha256(readFileSync(program)),
  };
  writeFileSync(`${file}${suffix}`, `${JSON.stringify(record, null, 2)}\n`);
}

export interface WantedBuild {
  readonly version: string;
  /** SHA-256 of the binary of each target. */
  readonly binaries: ReadonlyMap<Target, string>;
}

/** The packages in a directory that hold the very binaries of this build. */
export function packagesOfBuild(directory: string, { version, binaries }: WantedBuild): readonly PackageRecord[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as PackageRecord)
    .filter(
      (one) =>
        one.version === version &&
        binaries.get(one.target) === one.binary &&
        existsSync(join(directory, one.file)) &&
        sha256(readFileSync(join(directory, one.file))) === one.sha256,
    );
}
