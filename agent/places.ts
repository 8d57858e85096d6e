import { currentSystem } from '#platform/current.ts';
import type { OperatingSystem } from '#platform/platform.ts';
import { programFiles } from '#platform/windows/system-root.ts';

/** Where the agent keeps its state and listens; apart from all else, so that a short command loads nothing more. */
export interface Places {
  readonly stateDirectory: string;
  /** What lives as long as the daemon: the local control, and scratch directories of children. */
  readonly runtimeDirectory: string;
  readonly configFile: string;
}

const posixPlaces: Readonly<Record<'linux' | 'macos', Places>> = {
  linux: {
    stateDirectory: '/var/lib/garrison',
    runtimeDirectory: '/run/garrison',
    configFile: '/etc/garrison/agent.json',
  },
  // Not below /var/run, which a group besides root may write on macOS: nothing in it can be proved ours.
  macos: {
    stateDirectory: '/Library/Garrison/State',
    runtimeDirectory: '/Library/Garrison/Run',
    configFile: '/Library/Garrison/agent.json',
  },
};

/**
 * On Windows all lies below Program Files, where only administrators make folders (any user may make one in ProgramData,
 * and refusing that one would let him keep the agent out); the configuration too, in the one protected tree.
 */
export function defaultPlaces(system: OperatingSystem = currentSystem()): Places {
  if (system !== 'windows') return posixPlaces[system];
  const stateDirectory = `${programFiles()}\\Garrison\\State`;
  return {
    stateDirectory,
    runtimeDirectory: `${stateDirectory}\\Runtime`,
    configFile: `${stateDirectory}\\agent.json`,
  };
}

/** The local control, in the runtime directory. */
export const socketName = 'control.sock';
/** The same on Windows, where it is a directory. */
export const spoolName = 'control';
