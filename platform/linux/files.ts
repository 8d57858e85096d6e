import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import type { Files, ForeignEntry } from '#platform/files.ts';
import { PrivateDirectory } from '#platform/files/directory.ts';
import { nullOn, onDisk } from '#platform/files/errors.ts';
import { foreignEntries } from '#platform/files/foreign-entries.ts';
import { readRange } from '#platform/files/handles.ts';
import { openPrivate } from '#platform/linux/anchor.ts';
import { type FoundPath, type PathRules, usePath, type WalkedPath } from '#platform/linux/trusted-path.ts';
import { splitPath, whyNotBelieved, whyNotTrusted } from '#platform/posix/ownership.ts';
import { Fault, type FaultCode } from '#protocol/codes.ts';

export interface LinuxFilesOptions {
  /** Owner that private directories and trusted files must have: 0 in production, the running user in tests. */
  readonly expectedUid: number;
  /** Taken as trusted without a look at it or above; `/` in production, the throw-away root in tests. */
  readonly trustedRoot: string;
}

export class LinuxFiles implements Files {
  readonly #expectedUid: number;
  readonly #rules: PathRules;

  constructor(options: LinuxFilesOptions) {
    this.#expectedUid = options.expectedUid;
    this.#rules = { owners: [options.expectedUid], trustedRoot: options.trustedRoot };
  }

  async openPrivateDirectory(path: string): Promise<PrivateDirectory> {
    const { parent, name } = splitPath(path);
    await onDisk(() => this.#makeParents(parent));
    return usePath(parent, this.#rules, async (walked) => {
      const found = requireTrusted(walked, parent, 'state.untrusted-directory');
      const reach = `/proc/self/fd/${found.handle.fd}/${name}`;
      const made = await onDisk(() => nullOn(['EEXIST'], async () => (await mkdir(reach, { mode: 0o700 }), true)));
      if (made !== null) await syncDirectory(found.handle);
      return PrivateDirectory.over(openPrivate(reach, `${found.realPath}/${name}`, this.#expectedUid));
    });
  }

  async readTrusted(path: string, bytesMax: number): Promise<Uint8Array> {
    return usePath(path, this.#rules, async (walked) => {
      const found = requireTrusted(walked, path, 'file.untrusted');
      const stat = await found.handle.stat();
      const refusal = whyNotTrusted(stat, this.#expectedUid);
      if (refusal !== null) throw untrusted(path, refusal);
      const bytes = await reopenAndRead(found.handle, 0, bytesMax + 1);
      if (bytes.byteLength > bytesMax) throw new Fault('file.too-large', `${path} is larger than ${bytesMax} bytes`);
      return bytes;
    });
  }

  listForeign(directory: string): Promise<readonly ForeignEntry[]> {
    return foreignEntries(directory);
  }

  async readForeign(path: string, options: { newerThanMs: number; bytesMax: number }): Promise<Uint8Array | null> {
    return usePath(path, this.#rules, async (walked) => {
      if (walked.status === 'absent') return null;
      if (walked.status === 'refused') throw new Fault('log.untrusted', `${path}: ${walked.detail}`);
      const stat = await walked.handle.stat();
      const refusal = whyNotBelieved(stat, this.#expectedUid, options.newerThanMs);
      if (refusal !== null) throw new Fault('log.untrusted', `${path} ${refusal}`);
      const length = Math.min(stat.size, options.bytesMax);
      return reopenAndRead(walked.handle, stat.size - length, length);
    });
  }

  /** Missing parents are made one by one below the last that stands; each is judged by the walk that follows. */
  async #makeParents(path: string): Promise<void> {
    const { parent, name } = splitPath(path);
    const absent = await usePath(path, this.#rules, (walked) => walked.status === 'absent');
    if (!absent) return;
    if (parent !== '/') await this.#makeParents(parent);
    await usePath(parent, this.#rules, async (walked) => {
      const found = requireTrusted(walked, parent, 'state.untrusted-directory');
      await nullOn(['EEXIST'], () => mkdir(`/proc/self/fd/${found.handle.fd}/${name}`, { mode: 0o700 }));
      await syncDirectory(found.handle);
    });
  }
}

function requireTrusted(walked: WalkedPath, path: string, code: FaultCode): FoundPath {
  if (walked.status === 'absent') throw new Fault(code, `${path} does not exist`, { context: { path, missing: true } });
  if (walked.status === 'refused') throw new Fault(code, `${path}: ${walked.detail}`, { context: { path } });
  if (walked.distrust !== null) throw new Fault(code, walked.distrust, { context: { path } });
  return walked;
}

/** Through the handle that was judged: the same inode, whatever stands at its path by now. */
async function reopenAndRead(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const readable = await open(`/proc/self/fd/${handle.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return (await readRange(readable, position, length)).slice();
  } finally {
    await readable.close();
  }
}

async function syncDirectory(pathHandle: FileHandle): Promise<void> {
  const readable = await open(`/proc/self/fd/${pathHandle.fd}`, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await readable.sync();
  } finally {
    await readable.close();
  }
}

function untrusted(path: string, detail: string): Fault {
  return new Fault('file.untrusted', `${path} ${detail}`, { context: { path } });
}
