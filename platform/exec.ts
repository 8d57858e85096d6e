import type { ChildProcess } from 'node:child_process';
import { execa } from 'execa';
import { errnoOf } from '#platform/files/errors.ts';
import type { ProbeResult } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';

/** Everything a child gets; nothing is inherited. */
export interface Command {
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
}

export interface ProbeLimits {
  readonly timeoutMs: number;
  /** For standard output and error each. */
  readonly outputBytesMax: number;
}

export const probeLimits: ProbeLimits = { timeoutMs: 10_000, outputBytesMax: 1024 * 1024 };

export interface ProbeOptions {
  readonly limits: ProbeLimits;
  readonly stdin?: string;
  /** Ends the child and all it started; on POSIX it leads a process group of its own. */
  readonly killTree: (pid: number) => void;
  /** Windows: the child belongs to our job and ends with us, and it has a console (hidden), without which PowerShell cannot set its output. */
  readonly attached?: boolean;
}

export interface StartedProcess {
  readonly pid: number;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** How programs are started; the one way on a real machine is `systemSpawner`. */
export interface Spawner {
  runProbe(command: Command, options: ProbeOptions): Promise<ProbeResult>;
  startInstaller(command: Command, outputFd: number): Promise<StartedProcess>;
  startDetached(command: Command): Promise<{ readonly pid: number }>;
}

/** Children of a finished probe may hold its output open; what came until shortly after its end is the answer. */
const drainMs = 300;
/** A child that its tree's end did not reach is ended by its own handle, which never means a later process of its number. */
const lastResortMs = 2_000;
/** Past this a child that was killed is given up: one that hangs in the kernel (in a driver) does not end. */
const unkillableMs = 5_000;

/**
 * Runs a read-only program. Never rejects for what the program does: a time limit, too much output or a signal are in
 * the result. Throws `agent.defect` when it cannot be started at all. The whole tree is killed at either limit; after a
 * normal end nothing is killed, because a vendor's tool may have started its daemon.
 */
export async function runProbe(command: Command, options: ProbeOptions): Promise<ProbeResult> {
  const input = options.stdin;
  const child = execa(command.program, command.args, {
    ...shared(command),
    detached: options.attached !== true,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  const exited = exitOf(child.nodeChildProcess);
  const pid = await requirePid(child, command);
  const { stdout, stderr } = child;
  let timedOut = false;
  let truncated = false;
  const end = giveUpAfter(() => {
    options.killTree(pid);
    setTimeout(() => child.nodeChildProcess.kill('SIGKILL'), lastResortMs).unref();
  });
  const onOverflow = (): void => {
    truncated = true;
    end.kill();
  };
  const out = new Collector(options.limits.outputBytesMax, onOverflow);
  const err = new Collector(options.limits.outputBytesMax, onOverflow);
  const drained = Promise.all([out.drain(stdout), err.drain(stderr)]);
  const timer = setTimeout(() => {
    timedOut = true;
    end.kill();
  }, options.limits.timeoutMs);
  const code = await Promise.race([exited.then((how) => how.code), end.givenUp]);
  clearTimeout(timer);
  await Promise.race([drained, pauseUnreferenced(drainMs)]);
  stdout.destroy();
  stderr.destroy();
  return { code, stdout: out.text(), stderr: err.text(), timedOut, truncated };
}

/**
 * Starts a program in a session of its own with both outputs appended to an open file. It outlives us and is never
 * killed, neither for time nor at our exit.
 */
export async function startInstaller(command: Command, outputFd: number): Promise<StartedProcess> {
  const child = execa(command.program, command.args, {
    ...shared(command),
    stdin: 'ignore',
    stdout: inheritedFd(outputFd),
    stderr: inheritedFd(outputFd),
  });
  const exited = exitOf(child.nodeChildProcess);
  return { pid: await requirePid(child, command), exited };
}

/** Hands a program over to a session of its own and forgets it. */
export async function startDetached(command: Command): Promise<{ readonly pid: number }> {
  const child = execa(command.program, command.args, { ...shared(command), stdio: 'ignore' });
  const pid = await requirePid(child, command);
  child.nodeChildProcess.unref();
  return { pid };
}

export const systemSpawner: Spawner = { runProbe, startInstaller, startDetached };

function shared(command: Command) {
  return {
    cwd: command.directory,
    env: command.environment,
    extendEnv: false,
    shell: false,
    preferLocal: false,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    windowsHide: true,
  } as const;
}

/** execa's types know only the first descriptors by number; it hands any to the child as it is. */
function inheritedFd(fd: number): 3 {
  return fd as 3;
}

async function requirePid(
  child: { readonly pid?: number | undefined } & PromiseLike<unknown>,
  command: Command,
): Promise<number> {
  if (child.pid !== undefined) return child.pid;
  // Only the errno: execa's message repeats the arguments, which may hold secrets.
  const errno = errnoOf(await child) ?? 'no process id';
  throw new Fault('agent.defect', `${command.program} could not be started: ${errno}`, { context: { errno } });
}

function exitOf(child: ChildProcess): StartedProcess['exited'] {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** A killing, and a promise (of no exit code) for when it had no effect. */
function giveUpAfter(kill: () => void): { kill(): void; readonly givenUp: Promise<null> } {
  let giveUp = (): void => undefined;
  const givenUp = new Promise<null>((resolve) => {
    giveUp = () => resolve(null);
  });
  return {
    kill() {
      kill();
      setTimeout(giveUp, unkillableMs).unref();
    },
    givenUp,
  };
}

function pauseUnreferenced(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/** Keeps the first bytes of a stream and says when there were more. */
class Collector {
  readonly #bytesMax: number;
  readonly #onOverflow: () => void;
  readonly #chunks: Buffer[] = [];
  #sizeBytes = 0;

  constructor(bytesMax: number, onOverflow: () => void) {
    this.#bytesMax = bytesMax;
    this.#onOverflow = onOverflow;
  }

  drain(stream: NodeJS.ReadableStream): Promise<void> {
    return new Promise((resolve) => {
      stream.on('data', (chunk: Buffer) => this.#keep(chunk));
      for (const end of ['end', 'close', 'error']) stream.once(end, () => resolve());
    });
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  #keep(chunk: Buffer): void {
    const room = this.#bytesMax - this.#sizeBytes;
    if (room > 0) this.#chunks.push(chunk.subarray(0, room));
    const overflowed = this.#sizeBytes <= this.#bytesMax && this.#sizeBytes + chunk.byteLength > this.#bytesMax;
    this.#sizeBytes += chunk.byteLength;
    if (overflowed) this.#onOverflow();
  }
}
