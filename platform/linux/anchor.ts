import { closeSync, constants, fsync, openSync } from 'node:fs';
import { fstatSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Anchor } from '#platform/files/anchor.ts';
import { errnoOf } from '#platform/files/errors.ts';
import { whyNotPrivate } from '#platform/posix/ownership.ts';
import { Fault } from '#protocol/codes.ts';

const fsyncAsync = promisify(fsync);
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Closes the descriptor of an anchor nobody can reach any more, whenever memory is cleaned up; what is many is closed by hand. */
const abandoned = new FinalizationRegistry<number>((fd) => closeSync(fd));

/** openat semantics, which Node does not offer: the kernel resolves `/proc/self/fd/N/name` from the open directory. */
export class LinuxAnchor implements Anchor {
  readonly path: string;
  readonly device: number;
  readonly #fd: number;
  readonly #expectedUid: number;
  #closed = false;

  constructor(fd: number, path: string, expectedUid: number) {
    this.#fd = fd;
    this.path = path;
    this.#expectedUid = expectedUid;
    this.device = fstatSync(fd).dev;
    abandoned.register(this, fd, this);
  }

  pathOf(name: string): string {
    return `${this.path}/${name}`;
  }

  patiently<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  at(name: string): string {
    // By then the number may be somebody else's directory.
    if (this.#closed) throw new Fault('agent.defect', `${this.path} is closed`);
    return `/proc/self/fd/${this.#fd}/${name}`;
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

  async openBelow(name: string): Promise<LinuxAnchor> {
    return new LinuxAnchor(openSync(this.at(name), directoryFlags), this.pathOf(name), this.#expectedUid);
  }

  async openPrivateBelow(name: string): Promise<LinuxAnchor> {
    return openPrivate(this.at(name), this.pathOf(name), this.#expectedUid);
  }
}

/** Opens a directory that must be ours and private; `path` is what people are told. */
export function openPrivate(reach: string, path: string, expectedUid: number): LinuxAnchor {
  const fd = openDirectory(reach, path);
  const refusal = whyNotPrivate(fstatSync(fd), expectedUid);
  if (refusal === null) return new LinuxAnchor(fd, path, expectedUid);
  closeSync(fd);
  throw new Fault('state.untrusted-directory', `${path} ${refusal}`, { context: { path } });
}

function openDirectory(reach: string, path: string): number {
  try {
    return openSync(reach, directoryFlags);
  } catch (error) {
    if (!['ELOOP', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error;
    throw new Fault('state.untrusted-directory', `${path} is a link or not a directory`, { context: { path } });
  }
}
