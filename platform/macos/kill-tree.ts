import type { Spawner } from '#platform/exec.ts';
import { posixEnvironment } from '#platform/environment.ts';
import { emptyHome, programs } from '#platform/macos/programs.ts';
import { killDescendants, type ParentRow, requireChild } from '#platform/posix/kill-tree.ts';

const limits = { timeoutMs: 2_000, outputBytesMax: 1024 * 1024 };

/**
 * Kills a child of ours with its group and all its descendants. Who they are only `ps` tells here; when it does not answer
 * in time, the group alone goes.
 */
export function killTree(spawner: Pick<Spawner, 'runProbe'>): (pid: number) => void {
  return (pid) => {
    requireChild(pid);
    void parentRows(spawner).then(
      (rows) => killDescendants(pid, rows),
      () => killDescendants(pid, []),
    );
  };
}

async function parentRows(spawner: Pick<Spawner, 'runProbe'>): Promise<readonly ParentRow[]> {
  const command = {
    program: programs.ps,
    args: ['-axo', 'pid=,ppid='],
    environment: posixEnvironment({ home: emptyHome, proxy: null }),
    directory: '/',
  };
  const result = await spawner.runProbe(command, { limits, killTree: (pid) => killDescendants(pid, []) });
  return result.stdout.split('\n').flatMap((line): ParentRow[] => {
    const found = /^\s*(\d+)\s+(\d+)\s*$/.exec(line);
    return found === null ? [] : [[Number(found[1]), Number(found[2])]];
  });
}
