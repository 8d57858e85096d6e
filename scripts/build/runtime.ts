import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import runtimes from '../runtimes.json' with { type: 'json' };
import { run } from './run.ts';

export const root = dirname(dirname(import.meta.dirname));
export const cache = join(root, '.cache');
export const nodeVersion: string = runtimes.nodeVersion;

/** System and processor of a binary. */
export type Target = keyof typeof runtimes.targets;

/** That a person held a runtime against the signed checksums of the Node project. */
export interface Comparison {
  readonly by: string;
  /** Day, ISO. */
  readonly on: string;
  /** Fingerprint of the OpenPGP key that signed the checksums. */
  readonly key: string;
  /** Of the program that was compared: another runtime in its place needs another look. */
  readonly sha256: string;
}

/** A row of `runtimes.json`; see the note there. */
export interface Runtime {
  readonly package: string;
  /** Path in the npm tarball. */
  readonly program: string;
  readonly integrity: string;
  readonly sha256: string;
  readonly comparison: Comparison | null;
  readonly format: 'elf' | 'pe' | 'mach-o';
  readonly lengthBytes: number;
  readonly strip: string | null;
  readonly codeCache: boolean;
  readonly opensslConfig: string;
}

const rows = runtimes.targets as Readonly<Record<Target, Runtime>>;
const licenseName = 'LICENSE';

export const targets = Object.keys(rows) as readonly Target[];

export function isTarget(name: string): name is Target {
  return Object.hasOwn(rows, name);
}

export function runtimeOf(target: Target): Runtime {
  return rows[target];
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Throws unless the tarball is the pinned one (npm's `sha512-…` notation). */
export function checkIntegrity(bytes: Uint8Array, pinned: string): void {
  const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (found !== pinned) throw new Error(`runtime tarball is not the pinned one\n  pinned ${pinned}\n  found  ${found}`);
}

/**
 * Path of the pinned, untouched Node program of a target. Fetched once with npm, checked against its pinned hashes each
 * time it is asked for, so that a damaged or replaced cache is noticed.
 */
export function pinnedNode(target: Target): string {
  const runtime = runtimeOf(target);
  const program = join(cache, 'runtimes', `${target}-${nodeVersion}`, 'node');
  if (!existsSync(program))
    fetchRuntime({ ...runtime, nodeVersion, hasLicense: runtime === runtimeOf(licensed) }, program);
  const found = sha256(readFileSync(program));
  if (found !== runtime.sha256)
    throw new Error(`${program} has SHA-256 ${found}, pinned is ${runtime.sha256}: remove it`);
  return program;
}

/** Whose package brings the licences too; not every one does (32-bit Windows). */
const licensed: Target = 'linux-x64';

/** The licences of the runtime and all it is made of, as its project hands them out. */
export function runtimeLicense(): string {
  const license = join(dirname(pinnedNode(licensed)), licenseName);
  if (!existsSync(license))
    fetchRuntime({ ...runtimeOf(licensed), nodeVersion, hasLicense: true }, join(dirname(license), 'node'));
  return readFileSync(license, 'utf8');
}

export interface PinnedTarball {
  readonly package: string;
  readonly nodeVersion: string;
  /** Path in the npm tarball. */
  readonly program: string;
  readonly integrity: string;
  readonly hasLicense: boolean;
}

/** Puts the program at `program` and its licence, if the tarball has one, beside it. */
export function fetchRuntime(runtime: PinnedTarball, program: string): void {
  mkdirSync(dirname(program), { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    run('npm', ['pack', '--silent', '--pack-destination', work, `${runtime.package}@${runtime.nodeVersion}`], {
      cwd: work,
    });
    const tarball = join(work, `${runtime.package}-${runtime.nodeVersion}.tgz`);
    checkIntegrity(readFileSync(tarball), runtime.integrity);
    const license = runtime.hasLicense ? [`package/${licenseName}`] : [];
    run('tar', ['-xzf', tarball, '-C', work, runtime.program, ...license]);
    chmodSync(join(work, runtime.program), 0o755);
    for (const path of license) renameSync(join(work, path), join(dirname(program), licenseName));
    renameSync(join(work, runtime.program), program);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
