import { errnoOf } from '#platform/files/errors.ts';
import { Fault } from '#protocol/codes.ts';

/** A process and its parent. */
export type ParentRow = readonly [pid: number, parentPid: number];

/** kill(2) takes 0 and -1 for "my group" and "everybody". */
export function requireChild(pid: number): void {
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new Fault('agent.defect', `not a child of ours: ${pid}`);
}

/**
 * Kills a process group and every descendant of its leader, also those that made a session of their own. `parents` was
 * read before the first signal, because orphans lose their parent.
 */
export function killDescendants(pid: number, parents: readonly ParentRow[]): void {
  requireChild(pid);
  const targets = [pid];
  for (const ancestor of targets)
    for (const [child, parent] of parents) if (parent === ancestor && !targets.includes(child)) targets.push(child);
  signal(-pid);
  for (const target of targets) signal(target);
}

function signal(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
