/**
 * The versions of the agent that stand on a device, and which one starts: `versions/VERSION/garrison-agent[.exe]` below the
 * program root, and `current`, a relative link to one of these directories (on Windows a file of one line). Administrators
 * alone write there. Every change is durable when it resolves, and there is a program to start at every instant in between.
 */
import type { Directory, FileDigest } from '#platform/files.ts';

export interface ProgramVersions {
  readonly root: string;
  /** By name, in no order. */
  list(): Promise<readonly string[]>;
  /** The version that the service starts; null when none is named, or one that is not there. */
  current(): Promise<string | null>;
  makeCurrent(version: string): Promise<void>;
  /** The version that watches over an update, started in its turn by the system (`previous`); Windows needs none. */
  makePrevious(version: string): Promise<void>;
  /** Absolute path of a version's program. */
  program(version: string): string;
  /** Copies a file out of a private directory into a version of its own; answers what was copied, null when it was absent. */
  lay(version: string, from: Directory, name: string): Promise<FileDigest | null>;
  /** The same for a program that stands on this machine already, such as the one a package brought. */
  adopt(version: string, program: string): Promise<void>;
  /** Nothing happens when it is not there. */
  remove(version: string): Promise<void>;
  /** One line in the root, which agent, watcher and service host share; null when absent. */
  note(name: NoteName): Promise<string | null>;
  writeNote(name: NoteName, line: string): Promise<void>;
  /** False when it was not there (any more): somebody else was first. */
  removeNote(name: NoteName): Promise<boolean>;
  /** Atomic; false when there was nothing under the old name. */
  renameNote(from: NoteName, to: NoteName): Promise<boolean>;
  /** Takes all of it away, for an uninstallation. */
  removeAll(): Promise<void>;
}

/**
 * `trial` "NEW OLD SECONDS": NEW is started, watched, and has that long to prove itself, which it does by removing the note.
 * `returning`: the same note, taken by the watcher, who is setting things back (not on Windows).
 * `fallback` "NEW OLD WHY CODE": what went wrong, for OLD to report and remove.
 */
export type NoteName = 'trial' | 'returning' | 'fallback';

/** A version's name, and nothing that leads elsewhere. */
export function isVersionName(name: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/.test(name) && !name.includes('..');
}
