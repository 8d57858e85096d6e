/** Running programs inside a container, through the namespaces of its init. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface ExecOptions {
  /** Default 60,000. The program is ended inside the container when the time is over. */
  readonly timeoutMs?: number;
  readonly stdin?: string | Uint8Array;
  /** Added to PATH, HOME, LANG and DEBIAN_FRONTEND; nothing of this process's own environment gets in. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ExecResult {
  /** The program's exit code; 124 or 137 when `timedOut`, 128 + n when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

const baseEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};

/**
 * Starts a program inside the container whose init has the pid `leader`, with pipes to its three streams. `kill` of the
 * returned child reaches the program itself; its `pid` is that of nsenter, which ends as the program ends.
 */
export function spawnInside(leader: number, argv: readonly string[], env: ExecOptions['env'] = {}): ChildProcess {
  const namespaces = ['-t', String(leader), '-m', '-u', '-i', '-n', '-p', '-r', '-w'];
  const variables = Object.entries({ ...baseEnvironment, ...env }).map(([key, value]) => `${key}=${value}`);
  const child = spawn('nsenter', [...namespaces, 'env', '-i', ...variables, ...argv], { stdio: 'pipe', cwd: '/' });
  // Without nsenter nobody would collect the ended program, and a dead entry delays the container's power-off by 10 s.
  child.kill = (signal = 'SIGTERM') => {
    const program = child.exitCode === null ? firstChildOf(child.pid ?? 0) : 0;
    try {
      return program > 0 && process.kill(program, signal);
    } catch {
      return false;
    }
  };
  return child;
}

/** 0 when it has none. */
export function firstChildOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  } catch {
    return 0;
  }
}

/** Runs a program to its end. A child that it leaves behind with the output open does not delay the answer. */
export async function execInside(
  leader: number,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  // nsenter does not hand signals on: only a timer inside the container ends the program itself.
  const timed = ['timeout', '--kill-after=2', String(timeoutMs / 1000), ...argv];
  const child = spawnInside(leader, timed, options.env);
  const started = performance.now();
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.stdin ?? '');
  const closed = new Promise((resolve) => child.once('close', resolve));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode ?? 255));
  });
  await Promise.race([closed, pause(300)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  const timedOut = (code === 124 || code === 137) && performance.now() - started >= timeoutMs;
  return { code, stdout: stdout(), stderr: stderr(), timedOut };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
