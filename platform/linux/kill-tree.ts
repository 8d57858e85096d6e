import { readdirSync, readFileSync } from 'node:fs';
import { errnoOf } from '#platform/files/errors.ts';
import { parseStat } from '#platform/linux/parse/proc.ts';
import { Fault } from '#protocol/codes.ts';

/**
 * Kills a process group and every descendant of its leader, also those that made a session of their own. Descendants
 * are collected before the first signal, because orphans lose their parent.
 */
export function killTree(pid: number): void {
  // kill(2) takes 0 and -1 for "my group" and "everybody".
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new Fault('agent.defect', `not a child of ours: ${pid}`);
  const targets = [pid, ...descendantsOf(pid)];
  signal(-pid);
  for (const target of targets) signal(target);
}

function descendantsOf(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const found = [pid];
  for (const ancestor of found) for (const [child, parent] of parents) if (parent === ancestor) found.push(child);
  return found.slice(1);
}

function parentOf(name: string): number | null {
  try {
    return parseStat(readFileSync(`/proc/${name}/stat`, 'utf8'))?.parentPid ?? null;
  } catch {
    return null;
  }
}

function signal(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
