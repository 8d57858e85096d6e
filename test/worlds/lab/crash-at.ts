/** Kills a garrison-agent in a container at one exact system call (see `crash-at.c`). */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Container } from './container.ts';

export interface CrashPoint {
  /** `agent`, `shim` or `watcher`; one of a version's directory with `@` and that version behind it. */
  readonly role: string;
  /** `start`, `restart`, `kill`: what systemctl is asked for. */
  readonly kind: 'change' | 'switch' | 'launch' | 'start' | 'restart' | 'kill';
  /** Number of the change, or of what systemctl is asked for, from 1; 0 for a launch. */
  readonly n: number;
  readonly manner: 'before' | 'torn' | 'never' | 'orphan' | 'done';
  /** What happens there: "rename /var/lib/garrison/journal". */
  readonly what: string;
}

const source = join(import.meta.dirname, 'crash-at.c');
const library = '/usr/local/lib/crash-at.so';
const orderFile = '/var/tmp/crash-at';
const traceFile = '/var/tmp/crash-trace';

/** Compiles into `cache` when the source is newer and puts the library before every program of the container. */
export function installCrashLibrary(container: Container, cache: string): void {
  const built = join(cache, 'crash-at.so');
  const text = readFileSync(source, 'utf8');
  const copy = `${built}.c`;
  if (!existsSync(built) || !existsSync(copy) || readFileSync(copy, 'utf8') !== text) {
    mkdirSync(dirname(built), { recursive: true });
    const made = spawnSync(
      'gcc',
      ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror', '-o', built, source, '-ldl'],
      { encoding: 'utf8' },
    );
    if (made.error !== undefined || made.status !== 0) throw new Error(`gcc: ${made.error?.message ?? made.stderr}`);
    writeFileSync(copy, text);
  }
  container.copyIn(built, library, 0o755);
  writeFileSync(container.pathOnHost('/etc/ld.so.preload'), `${library}\n`);
}

/** Orders the next process of that role to die there. */
export function orderCrash(container: Container, { role, kind, n, manner }: CrashPoint): void {
  writeFileSync(container.pathOnHost(orderFile), `${role} ${kind} ${n} ${manner}\n`);
}

/** True when an order is still waiting for its process. */
export function crashPending(container: Container): boolean {
  return existsSync(container.pathOnHost(orderFile));
}

export function clearCrash(container: Container): void {
  rmSync(container.pathOnHost(orderFile), { force: true });
  writeFileSync(container.pathOnHost(traceFile), '');
}

/** Every point that the traced processes passed, once each, in order: before each change, inside each write, around the launch. */
export function passedPoints(container: Container): CrashPoint[] {
  return traceOf(container).flatMap(({ role, kind, n, call, path }): CrashPoint[] => {
    if (kind === 'gap') throw new Error(`${role} found no program to start`);
    const point = (manner: CrashPoint['manner']): CrashPoint => ({ role, kind, n, manner, what: `${call} ${path}` });
    if (kind !== 'change' && kind !== 'switch') return [point('never'), point('orphan'), point('done')];
    return call === 'write' && kind === 'change' ? [point('before'), point('torn')] : [point('before')];
  });
}

/** Times when a change was about to be made to a device that had no program to start. */
export function gapsIn(container: Container): number {
  return traceOf(container).filter(({ kind }) => kind === 'gap').length;
}

interface Traced {
  readonly role: string;
  readonly kind: CrashPoint['kind'] | 'gap';
  readonly n: number;
  readonly call: string;
  readonly path: string;
}

const kinds: readonly string[] = ['change', 'switch', 'launch', 'start', 'restart', 'kill', 'gap', 'killed'];

function traceOf(container: Container): Traced[] {
  const lines = readFileSync(container.pathOnHost(traceFile), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.flatMap((line): Traced[] => {
    const [role = '', , kind = '', n, call = '', path = ''] = line.split(' ');
    if (!/^(agent|shim|watcher)(@.+)?$/.test(role) || !kinds.includes(kind))
      throw new Error(`Not a line of a trace: ${line}`);
    return kind === 'killed' ? [] : [{ role, kind: kind as Traced['kind'], n: Number(n), call, path }];
  });
}
