import { closeSync, constants, fstatSync, fsync, lstatSync, openSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import type { Anchor } from '#platform/files/anchor.ts';
import { errnoOf } from '#platform/files/errors.ts';
import { whyNotPrivate } from '#platform/posix/ownership.ts';
import { Fault } from '#protocol/codes.ts';

const fsyncAsync = promisify(fsync);
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Closes the descriptor of an anchor nobody can reach any more, whenever memory is cleaned up; what is many is closed by hand. */
const abandoned = new FinalizationRegistry<number>((fd) => closeSync(fd));

/**
 * By path, below directories that were proved to be root's alone (`trusted-path.ts`): only root could put another in its
 * place. The descriptor is kept all the same. It is what is fsynced, and it keeps the directory's number from being given
 * to another one, so that each use can tell whether the path still leads to what was proved.
 */
export class MacosAnchor implements Anchor {
  readonly path: string;
  readonly device: number;
  readonly #fd: number;
  readonly #inode: number;
  readonly #expectedUid: number;
  #closed = false;

  constructor(fd: number, path: string, expectedUid: number) {
    this.#fd = fd;
    this.path = path;
    this.#expectedUid = expectedUid;
    const { dev, ino } = fstatSync(fd);
    this.device = dev;
    this.#inode = ino;
    abandoned.register(this, fd, this);
  }

  pathOf(name: string): string {
    return `${this.path}/${name}`;
  }

  at(name: string): string {
    if (this.#closed) throw new Fault('agent.defect', `${this.path} is closed`);
    const stat = lookAt(this.path);
    if (stat?.isDirectory() !== true || stat.dev !== this.device || stat.ino !== this.#inode) {
      const context = { path: this.path };
      throw new Fault('state.untrusted-directory', `${this.path} was replaced by something else`, { context });
    }
    return `${this.path}/${name}`;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    abandoned.unregister(this);
    closeSync(this.#fd);
  }

  async sync(): Promise<void> {
    await fsyncAsync(this.#fd);
  }

  patiently<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async openBelow(name: string): Promise<MacosAnchor> {
    const reach = this.at(name);
    return new MacosAnchor(openSync(reach, directoryFlags), reach, this.#expectedUid);
  }

  async openPrivateBelow(name: string): Promise<MacosAnchor> {
    return openPrivate(this.at(name), this.#expectedUid);
  }
}

/** Opens a directory that must be ours and private; what is above it was walked and proved. */
export function openPrivate(path: string, expectedUid: number): MacosAnchor {
  const fd = openDirectory(path);
  const refusal = whyNotPrivate(fstatSync(fd), expectedUid);
  if (refusal === null) return new MacosAnchor(fd, path, expectedUid);
  closeSync(fd);
  throw new Fault('state.untrusted-directory', `${path} ${refusal}`, { context: { path } });
}

function openDirectory(path: string): number {
  try {
    return openSync(path, directoryFlags);
  } catch (error) {
    if (!['ELOOP', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error;
    throw new Fault('state.untrusted-directory', `${path} is a link or not a directory`, { context: { path } });
  }
}

function lookAt(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return null;
    throw error;
  }
}
