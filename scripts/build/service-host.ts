/** The Windows service host, from its sources in C (`platform/windows/host/`). The same sources give the same bytes. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readSigningKey, signAuthenticode } from './authenticode.ts';
import { withVersion } from './pe.ts';
import { cache, root, sha256, type Target } from './runtime.ts';
import { run } from './run.ts';

export const hostSources = join(root, 'platform/windows/host');
/** Decisions without Windows: they also compile, and are tested, on Linux. */
export const hostDecisions = ['version.c', 'choice.c', 'trial.c', 'backoff.c'] as const;
export const hostWarnings = ['-std=c11', '-Wall', '-Wextra', '-Werror'] as const;

const compilers = {
  'windows-x64': 'x86_64-w64-mingw32-gcc',
  'windows-x86': 'i686-w64-mingw32-gcc',
} as const satisfies Partial<Record<Target, string>>;

export type WindowsTarget = keyof typeof compilers;
export const windowsTargets = Object.keys(compilers) as readonly WindowsTarget[];

/**
 * Windows 8.1 is the floor (0x0603, subsystem 6.3): below it the agent's runtime does not start. No time stamp, no path of
 * this machine in the file; loaded at changing addresses; static, so that it needs libraries of Windows only.
 */
const flags = [
  ...hostWarnings,
  '-D_WIN32_WINNT=0x0603',
  '-DUNICODE',
  '-Os',
  '-s',
  '-mwindows',
  '-static',
  '-ffunction-sections',
  '-Wl,--gc-sections',
  '-Wl,--no-insert-timestamp',
  '-Wl,--dynamicbase',
  '-Wl,--nxcompat',
  '-Wl,--major-subsystem-version,6,--minor-subsystem-version,3',
];

/** Builds it unless the one that is there was made from the same sources; its file in `dist/`. */
export function buildServiceHost(target: WindowsTarget): string {
  const file = join(root, 'dist', `garrison-service-${target}.exe`);
  const record = `${file}.json`;
  const version = ownVersion();
  const key = readSigningKey(process.env);
  const inputs = hashInputs(version, key !== null);
  if (existsSync(file) && existsSync(record)) {
    const known = JSON.parse(readFileSync(record, 'utf8')) as Record<string, unknown>;
    if (known['inputs'] === inputs && known['sha256'] === sha256(readFileSync(file))) return file;
  }
  const bytes = compileServiceHost(target);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(`${file}.new`, bytes);
  if (key !== null) signAuthenticode(`${file}.new`, key);
  renameSync(`${file}.new`, file);
  writeFileSync(
    record,
    `${JSON.stringify({ version, target, inputs, sha256: sha256(readFileSync(file)) }, null, 2)}\n`,
  );
  return file;
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** `defines`: of a test that cannot wait as long as the shipped one does. */
export function compileServiceHost(target: WindowsTarget, defines: readonly string[] = []): Buffer {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'host-'));
  try {
    const program = join(work, 'program.exe');
    const sources = readdirSync(hostSources).filter((name) => name.endsWith('.c'));
    run(compilers[target], [...flags, ...defines, '-o', program, ...sources.toSorted(), '-ladvapi32'], {
      cwd: hostSources,
    });
    const about = { name: 'garrison-service', description: 'Garrison service host', legal: 'Apache-2.0' };
    return withVersion(readFileSync(program), about, ownVersion());
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function hashInputs(version: string, signed: boolean): string {
  const sources = readdirSync(hostSources).toSorted();
  const lines = sources.map((name) => `${name} ${sha256(readFileSync(join(hostSources, name)))}`);
  const how = ['service-host.ts', 'pe.ts'].map((name) => sha256(readFileSync(join(import.meta.dirname, name))));
  return sha256(JSON.stringify([version, signed, lines, how]));
}
