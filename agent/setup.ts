/** Opens the state directory as its only owner. Shared by the daemon and by commands that work while it is stopped. */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import type { Directory } from '#platform/files.ts';
import type { Platform } from '#platform/platform.ts';
import type { Directories } from '#agent/agent.ts';
import type { Places } from '#agent/places.ts';

export interface OwnedState {
  readonly directories: Directories;
  release(): Promise<void>;
}

/** Fault `agent.already-running` when another process owns it. */
export async function ownState(platform: Platform, places: Places): Promise<OwnedState> {
  const state = await platform.files.openPrivateDirectory(places.stateDirectory);
  const lock = await platform.lockExclusively(state);
  if (lock === null) throw new Fault('agent.already-running', `another process owns ${places.stateDirectory}`);
  try {
    const directories = { state, packages: await state.directory('packages'), runs: await state.directory('runs') };
    return { directories, release: () => lock.release() };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Left by runs that no open attempt refers to: tokens of an interrupted preparation among them. One that cannot be removed now
 * (on Windows: something that the installer left running holds a file in it) stays for the next time and stops nothing; an
 * installer that was started has no secret there.
 */
export async function removeOrphanedRuns(runs: Directory, keep: string | null): Promise<void> {
  for (const name of await runs.list()) {
    if (name !== keep) await runs.remove(name).catch(() => undefined);
  }
}

export const newId = (): string => randomBytes(12).toString('hex');
