import type { Probe } from '#platform/inventory.ts';
import type { Outside, SystemFiles } from '#platform/macos/outside.ts';
import { killTree } from '#platform/macos/kill-tree.ts';
import { emptyHome, isProgramName, programs } from '#platform/macos/programs.ts';
import { PosixRunner } from '#platform/posix/runner.ts';
import { Fault } from '#protocol/codes.ts';

/** Starts programs of `programs.ts`. */
export class Runner extends PosixRunner {
  constructor({ spawner, system }: Pick<Outside, 'spawner' | 'system'>, proxy: string | null) {
    super({ proxy, spawner, killTree: killTree(spawner), resolve: (name) => resolveProgram(system, name) });
  }

  protected withHome<T>(work: (home: string) => Promise<T>): Promise<T> {
    return work(emptyHome);
  }
}

/** An unlisted name is our mistake. */
export async function resolveProgram(system: SystemFiles, name: string): Promise<Probe<string>> {
  if (!isProgramName(name)) throw new Fault('agent.defect', `${JSON.stringify(name)} is not a program we may start`);
  const path = programs[name];
  const found = await system.look(path, 'root');
  if (found.status === 'absent') return { status: 'unsupported', detail: `${name} is not installed` };
  const distrust = found.distrust ?? (found.executable ? null : `${path} is not a program`);
  if (distrust !== null) return { status: 'failed', code: 'file.untrusted', detail: distrust };
  return { status: 'ok', value: path };
}
