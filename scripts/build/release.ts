/** What a release consists of, and what still stands in its way. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { BuiltAgent } from './agent.ts';
import { checkProgramTrust } from './executable.ts';
import { nodeVersion, runtimeOf, sha256, type Target } from './runtime.ts';

interface ReleasedFile {
  readonly target: Target;
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly runtime: { readonly version: string; readonly sha256: string; readonly comparedWithProject: boolean };
}

export interface Release {
  readonly version: string;
  readonly commit: string;
  /** False as long as there are hindrances: such files may be tried out, not handed out. */
  readonly shippable: boolean;
  readonly hindrances: readonly string[];
  readonly files: readonly ReleasedFile[];
}

export interface ReleaseInput {
  readonly version: string;
  readonly commit: string;
  readonly built: readonly (Pick<BuiltAgent, 'file'> & { readonly target: Target })[];
  /** Whether somebody compared the runtime with the Node project's signed checksums. Default: as `runtimes.json` says. */
  readonly compared?: (target: Target) => boolean;
}

/** Throws when test trust is in the bytes of a file: that is never a release. All else is named as a hindrance. */
export function describeRelease(input: ReleaseInput): Release {
  const compared = input.compared ?? ((target) => runtimeOf(target).comparedWithProject);
  const files = input.built.map(({ target, file }) => {
    checkProgramTrust(file, 'release', false);
    const bytes = readFileSync(file);
    return {
      target,
      file: basename(file),
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
      runtime: { version: nodeVersion, sha256: runtimeOf(target).sha256, comparedWithProject: compared(target) },
    };
  });
  const hindrances = [
    ...(input.version.includes('+') ? [`${input.version} is not the version of a release`] : []),
    ...(/^[0-9a-f]{40}$/.test(input.commit) ? [] : [`made from ${input.commit}, not from a commit as it is`]),
    ...files
      .filter(({ runtime }) => !runtime.comparedWithProject)
      .map(({ target }) => `${target}: nobody compared its Node ${nodeVersion} with the project's signed checksums`),
  ];
  return { version: input.version, commit: input.commit, shippable: hindrances.length === 0, hindrances, files };
}

/** In the form that `sha256sum --check` reads. */
export function checksums({ files }: Release): string {
  return files.map((one) => `${one.sha256}  ${one.file}\n`).join('');
}
