import { constants, lstatSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Anchor } from '#platform/files/anchor.ts';
import { nullOn } from '#platform/files/errors.ts';
import { patiently } from '#platform/windows/patience.ts';
import { Fault } from '#protocol/codes.ts';

/**
 * A directory by its path. Node offers no handle-relative names on Windows, and none are needed inside the protected tree:
 * the directory and everything above it were proved to be replaceable by the system and administrators only, so between
 * the proof and the use nobody else can swap what the path leads to. What could stand inside as a link is refused when it
 * is opened: `lstat` before, and the handle's own identity after (`openBelow`).
 */
export class WindowsAnchor implements Anchor {
  readonly path: string;
  readonly device: number;

  constructor(path: string) {
    this.path = path;
    this.device = plainDirectory(path).dev;
  }

  pathOf(name: string): string {
    return `${this.path}\\${name}`;
  }

  at(name: string): string {
    return name === '.' ? this.path : this.pathOf(name);
  }

  /**
   * A change of names is in the file system's journal when the call returns, and that journal reaches the disk with the next
   * flush of a file it speaks of: a directory cannot be flushed by itself, the file that got its name can. Without it a
   * claim could be lost with the power, and an installer be started twice.
   */
  async sync(name?: string): Promise<void> {
    if (name === undefined) return;
    await nullOn(['ENOENT', 'EISDIR'], () =>
      this.patiently(async () => {
        const handle = await open(this.at(name), constants.O_RDWR);
        try {
          await handle.sync();
        } finally {
          await handle.close();
        }
      }),
    );
  }

  async openBelow(name: string): Promise<WindowsAnchor> {
    return new WindowsAnchor(this.at(name));
  }

  /** What stands in a private directory has its rights from it: nobody else could have made it. */
  async openPrivateBelow(name: string): Promise<WindowsAnchor> {
    return new WindowsAnchor(this.at(name));
  }

  close(): void {}

  patiently<T>(work: () => Promise<T>): Promise<T> {
    return patiently(work);
  }
}

function plainDirectory(path: string): Stats {
  const stat = lstatSync(path);
  if (stat.isDirectory()) return stat;
  throw new Fault('state.untrusted-directory', `${path} is a link or not a directory`, { context: { path } });
}
