/** The agent as deb and rpm. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { agentFile, buildAgent } from '../build/agent.ts';
import type { BundleRequest } from '../build/bundle.ts';
import { noticesOf } from '../build/licenses.ts';
import { recordPackage } from '../build/package-record.ts';
import { cache, root } from '../build/runtime.ts';
import { commitSeconds } from './commit.ts';
import { packagedFiles, type PackagedFile } from './contents.ts';
import { buildDeb, debName } from './deb.ts';
import { buildRpm, rpmName } from './rpm.ts';

export type LinuxTarget = 'linux-x64' | 'linux-arm64';
export type LinuxFormat = 'deb' | 'rpm';

export interface PackageRequest {
  readonly target: LinuxTarget;
  readonly version: string;
  readonly files: readonly PackagedFile[];
  /** Time of everything inside, in seconds since 1970: that of the commit. */
  readonly epochSeconds: number;
  /** A minute of xz for a third of the size; tests do without. */
  readonly compress: boolean;
  readonly output: string;
}

const builders = { deb: { build: buildDeb, name: debName }, rpm: { build: buildRpm, name: rpmName } } as const;

export interface PackageOptions {
  readonly format: LinuxFormat;
  readonly compress: boolean;
  /** Default: the version of `package.json`. Tests make a newer one of the same program. */
  readonly version?: string;
}

/** Builds agent and package; returns the file, beside the binary of the same flavour. */
export async function packageAgent(
  request: BundleRequest & { readonly target: LinuxTarget },
  options: PackageOptions,
): Promise<string> {
  const { libraries } = await buildAgent(request);
  const program = agentFile(request);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const version = options.version ?? manifest.version;
  const { build, name } = builders[options.format];
  const output = join(program, '..', name({ target: request.target, version }));
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'package-'));
  try {
    const files = packagedFiles({
      format: options.format,
      program,
      license: join(root, 'LICENSE'),
      notices: noticesOf(libraries),
    });
    const { target } = request;
    build({ target, version, files, epochSeconds: commitSeconds(), compress: options.compress, output }, work);
    if (request.trust === 'release') recordPackage(output, { kind: options.format, target, version, program });
    return output;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
