import { readdirSync, readFileSync } from 'node:fs';
import { parseStat } from '#platform/linux/parse/proc.ts';
import { killDescendants, type ParentRow, requireChild } from '#platform/posix/kill-tree.ts';

/** Kills a child of ours with its group and all its descendants. */
export function killTree(pid: number): void {
  requireChild(pid);
  killDescendants(pid, parentRows());
}

function parentRows(): readonly ParentRow[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const parent = parentOf(name);
      return parent === null ? [] : [[Number(name), parent] as const];
    });
}

function parentOf(name: string): number | null {
  try {
    return parseStat(readFileSync(`/proc/${name}/stat`, 'utf8'))?.parentPid ?? null;
  } catch {
    return null;
  }
}
