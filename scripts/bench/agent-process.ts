import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildAgent } from '../build/agent.ts';
import { plainEnvironment } from './measurement.ts';

export interface AgentProcess {
  readonly pid: number;
  /** Arguments that point a command at this daemon. */
  readonly places: readonly string[];
  stop(): Promise<void>;
}

export async function agentProgram(): Promise<string> {
  return (await buildAgent({ target: 'linux-x64', trust: 'release', testKeys: null })).file;
}

/** Runs a program to its end; any exit code is an end. */
export async function runToEnd(program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, [...args], { env: plainEnvironment }).catch((error: { code?: unknown }) => {
    if (typeof error.code !== 'number') throw error;
  });
}

/** A daemon of its own, not enrolled, in directories of its own; needs root. Resolves when `status` is answered. */
export async function startAgentProcess(program: string): Promise<AgentProcess> {
  const work = mkdtempSync(join('/var/lib', 'garrison-bench-'));
  const places = [
    '--state-directory',
    join(work, 'state'),
    '--runtime-directory',
    join(work, 'run'),
    '--config',
    join(work, 'none.json'),
  ];
  const child = spawn(program, ['run', ...places], { env: plainEnvironment, stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    await endOf(child);
    rmSync(work, { recursive: true, force: true });
  };
  try {
    await untilAnswered(program, places, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid ?? 0, places, stop };
}

async function untilAnswered(program: string, places: readonly string[], child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}`);
    const answered = await promisify(execFile)(program, ['status', ...places], { env: plainEnvironment }).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('the agent did not answer');
}

export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(late);
}

export interface Usage {
  readonly residentBytes: number;
  /** Written by this process alone; pages of its program file, which the kernel may drop at will, are not counted. */
  readonly privateBytes: number;
  /** CPU time since its start. */
  readonly cpuMs: number;
}

/** What the kernel says a process uses. */
export function usageOf(pid: number): Usage {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? Number.NaN);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    residentBytes: kilobytes('Rss') * 1024,
    privateBytes: kilobytes('Private_Dirty') * 1024,
    cpuMs: ticks * 10,
  };
}

export const scratch = (name: string): string => mkdtempSync(join(tmpdir(), `garrison-${name}-`));
