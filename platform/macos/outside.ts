/** What the macOS adapter is given: everything it does to a Mac goes through these, and nothing else. */
import type { Spawner } from '#platform/exec.ts';
import type { Directory } from '#platform/files.ts';
import type { Probe } from '#platform/inventory.ts';
import type { InstallerFiles } from '#platform/macos/files.ts';
import type { Clock, HostCheck } from '#platform/platform.ts';

/** What stands at a path of the system, whoever may have put it there. */
export type SystemPath =
  | { readonly status: 'absent' }
  | {
      readonly status: 'found';
      readonly kind: 'file' | 'directory' | 'other';
      readonly executable: boolean;
      /** With all links resolved; the path itself when it could not be walked to its end. */
      readonly realPath: string;
      /** Why somebody else than `writers` could have made or changed it. */
      readonly distrust: string | null;
    };

/** `root`: nobody else may have written there. `administrators`: nor may anybody who is none (/Applications is theirs). */
export type Writers = 'root' | 'administrators';

export interface SystemFiles {
  look(path: string, writers: Writers): Promise<SystemPath>;
  /** Names in a directory; none when it is not there or closed to us. */
  list(path: string): Promise<readonly string[]>;
  /** Of a regular file, opened without following a link; null when it is none. */
  readRange(path: string, position: number, length: number): Promise<Uint8Array | null>;
}

export interface Kernel {
  /** Since boot, sleep included. */
  uptimeMs(): number;
  hostname(): string;
  memoryBytes(): number;
  /** `uname -m` of this process. */
  machine(): string;
  freeBytes(path: string): Promise<Probe<number>>;
  readonly pid: number;
  /** Asks a process to end. */
  terminate(pid: number): void;
}

export interface Outside {
  readonly spawner: Spawner;
  readonly files: InstallerFiles;
  readonly system: SystemFiles;
  readonly kernel: Kernel;
  readonly clock: Clock;
  randomBytes(length: number): Uint8Array;
  lockExclusively(directory: Directory): Promise<{ release(): Promise<void> } | null>;
  checkHost(host: string): Promise<HostCheck>;
}
