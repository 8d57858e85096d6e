/** The versions of the agent on an in-memory host: each change is an effect of its process, durable as a whole or not made. */
import { isVersionName, type NoteName, type ProgramVersions } from '#platform/program-versions.ts';
import { Fault } from '#protocol/codes.ts';
import type { HostProcess } from '#test/worlds/host/process.ts';

export interface ProgramTree {
  /** Content of each version's program. */
  readonly programs: Map<string, string>;
  current: string | null;
  previous: string | null;
  readonly notes: Map<NoteName, string>;
  /** No room for anything that is written; what is removed or renamed needs none. */
  full: boolean;
  /** The service found nothing to start. */
  gaps: number;
}

export function memoryVersions(tree: ProgramTree, process: HostProcess): ProgramVersions {
  const root = '/opt/garrison';
  const writing = <T>(label: string, work: () => T): Promise<T> =>
    process.effect(label, () => {
      if (tree.full) throw new Fault('state.no-space', `${label}: no room`);
      return work();
    });
  return {
    root,
    list: () => process.look(() => [...tree.programs.keys()]),
    current: () => process.look(() => (tree.current !== null && tree.programs.has(tree.current) ? tree.current : null)),
    makeCurrent: (version) =>
      writing('make current', () => {
        if (!tree.programs.has(version)) throw new Fault('agent.defect', `version ${version} is not there`);
        tree.current = version;
      }),
    makePrevious: (version) => writing('make previous', () => void (tree.previous = version)),
    program: (version) => `${root}/versions/${version}/garrison-agent`,
    async lay(version, from, name) {
      if (!isVersionName(version)) throw new Fault('agent.defect', version);
      const digest = await from.digest(name);
      const bytes = await from.read(name, 1_000_000);
      await writing('lay beside', () => undefined);
      if (bytes !== null) await writing('lay', () => void tree.programs.set(version, Buffer.from(bytes).toString()));
      return digest;
    },
    adopt: (version, program) => writing('adopt', () => void tree.programs.set(version, program)),
    remove: (version) =>
      process.effect('remove version', () => {
        tree.programs.delete(version);
        if (tree.current === version) tree.gaps += 1;
        tree.full = false;
      }),
    note: (name) => process.look(() => tree.notes.get(name) ?? null),
    writeNote: (name, line) => writing(`write ${name}`, () => void tree.notes.set(name, line)),
    removeNote: (name) => process.effect(`remove ${name}`, () => tree.notes.delete(name)),
    renameNote: (from, to) =>
      process.effect(`rename ${from}`, () => {
        const line = tree.notes.get(from);
        if (line === undefined) return false;
        tree.notes.delete(from);
        tree.notes.set(to, line);
        return true;
      }),
    removeAll: () => process.effect('remove all', () => tree.programs.clear()),
  };
}
