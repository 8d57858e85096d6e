/** What the tree of versions stands on, and each system has its own of: rights, durability, and files held by others. */
import type { Directory } from '#platform/files.ts';

export interface VersionGround {
  /** Null when `directory`, one of the tree, can be changed by administrators only; else why not. */
  whyForeign(directory: string): Promise<string | null>;
  /** A directory that was just made inside the tree, for writing a program into. Fault when others may write there too. */
  openWork(path: string): Promise<Directory>;
  /** A file, or what a directory names, outlasts a loss of power from now on. */
  sync(path: string): Promise<void>;
  /** Tries again while somebody holds a file for a moment. */
  patiently<T>(work: () => Promise<T>): Promise<T>;
}
