import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Probe } from '#platform/inventory.ts';
import { hasMemory, isGone, parseStat, parseUids, scriptName } from '#platform/linux/parse/proc.ts';
import { installerNames, interpreterNames } from '#platform/linux/programs.ts';
import { listSystemDirectory, readProcessFile, readProcessLink, readSystemFile } from '#platform/linux/read.ts';
import { failed } from '#platform/looks.ts';
import type { ProcessIdentity } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';

const deletedSuffix = / \(deleted\)$/;

/** Same boot, same pid, same start time: the process itself and not a later one with its number. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.bootId !== (await readBootId())) return false;
  const stat = parseStat((await readSystemFile(`/proc/${identity.pid}/stat`)) ?? '');
  return stat !== null && !isGone(stat) && stat.startTime === identity.startTime;
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const { pid } = process;
  return { pid, startTime: startTimeOf(pid) ?? 'unknown', bootId: await readBootId() };
}

export async function readBootId(): Promise<string> {
  const bootId = (await readSystemFile('/proc/sys/kernel/random/boot_id'))?.trim();
  if (!bootId) throw new Fault('agent.defect', 'the kernel does not tell its boot id');
  return bootId;
}

/** Read at once, before the event loop can collect a child that ended already. */
export function startTimeOf(pid: number): string | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.startTime ?? null;
  } catch {
    return null;
  }
}

export async function listPids(): Promise<readonly number[]> {
  return (await listSystemDirectory('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** The executable's path; null for kernel threads and what we may not see. */
export async function executableOf(pid: number): Promise<{ path: string; deleted: boolean } | null> {
  const link = readProcessLink(`/proc/${pid}/exe`);
  if (link === null) return null;
  return { path: link.replace(deletedSuffix, ''), deleted: deletedSuffix.test(link) };
}

/** What a person would call it: the script for an interpreter, else the executable; null when it is gone. */
export async function commandOf(pid: number): Promise<string | null> {
  const executable = await executableOf(pid);
  if (executable === null) return parseStat(readProcessFile(`/proc/${pid}/stat`) ?? '')?.comm ?? null;
  const name = basename(executable.path);
  if (!interpreterNames.some((pattern) => pattern.test(name))) return name;
  return scriptName(((await readSystemFile(`/proc/${pid}/cmdline`)) ?? '').split('\0').slice(1)) ?? name;
}

/**
 * Package managers that run now. Only root's own, in our pid and mount view: a user can name his process anything, and
 * a container's package manager locks nothing here.
 */
export async function installerProcesses(): Promise<Probe<readonly { pid: number; command: string }[]>> {
  const pids = await listPids();
  if (pids.length === 0) return failed('/proc cannot be read');
  const mounts = readProcessLink('/proc/self/ns/mnt');
  const found: { pid: number; command: string }[] = [];
  for (const pid of pids) {
    const command = await installerNameOf(pid);
    if (command !== null && sharesFiles(pid, mounts)) found.push({ pid, command });
  }
  return { status: 'ok', value: found };
}

async function installerNameOf(pid: number): Promise<string | null> {
  const status = readProcessFile(`/proc/${pid}/status`) ?? '';
  if (parseUids(status)?.[1] !== 0 || !hasMemory(status)) return null;
  const command = await commandOf(pid);
  if (command === null || !installerNames.has(command)) return null;
  const stat = parseStat(readProcessFile(`/proc/${pid}/stat`) ?? '');
  return stat === null || isGone(stat) ? null : command;
}

/** Same mount namespace as ours or as process 1's: the agent itself may run in a sandbox. */
function sharesFiles(pid: number, ours: string | null): boolean {
  const theirs = readProcessLink(`/proc/${pid}/ns/mnt`);
  return theirs !== null && (theirs === ours || theirs === readProcessLink('/proc/1/ns/mnt'));
}
