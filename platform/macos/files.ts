import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { PrivateDirectory } from '#platform/files/directory.ts';
import { errnoOf, nullOn, onDisk } from '#platform/files/errors.ts';
import { readRange, regularSize, safeFlags } from '#platform/files/handles.ts';
import type { Directory, Files, ForeignEntry } from '#platform/files.ts';
import { foreignEntries } from '#platform/files/foreign-entries.ts';
import { openPrivate } from '#platform/macos/anchor.ts';
import { type FoundPath, type PathRules, type WalkedPath, walkPath } from '#platform/macos/trusted-path.ts';
import { splitPath, whyNotBelieved, whyNotTrusted } from '#platform/posix/ownership.ts';
import { Fault, type FaultCode } from '#protocol/codes.ts';

export interface MacosFilesOptions {
  /** Owner that private directories and trusted files must have: 0 in production, the running user in tests. */
  readonly expectedUid: number;
  /** Taken as trusted without a look at it or above; `/` in production, the throw-away root in tests. */
  readonly trustedRoot: string;
}

/** What a child's output is appended to. */
export interface OutputFile {
  readonly fd: number;
  close(): Promise<void>;
}

/** Files, and the one thing that a start needs besides. */
export interface InstallerFiles extends Files {
  /** Appended, created when missing, never through a link. */
  openOutput(directory: Directory, name: string): Promise<OutputFile>;
}

export class MacosFiles implements InstallerFiles {
  readonly #expectedUid: number;
  readonly #rules: PathRules;

  constructor(options: MacosFilesOptions) {
    this.#expectedUid = options.expectedUid;
    this.#rules = { owners: [options.expectedUid], groups: [], trustedRoot: options.trustedRoot };
  }

  async openPrivateDirectory(path: string): Promise<PrivateDirectory> {
    const { parent, name } = splitPath(path);
    await onDisk(() => this.#makeParents(parent));
    const found = requireTrusted(await walkPath(parent, this.#rules), parent, 'state.untrusted-directory');
    const real = `${found.realPath === '/' ? '' : found.realPath}/${name}`;
    const made = await onDisk(() => nullOn(['EEXIST'], async () => (await mkdir(real, { mode: 0o700 }), true)));
    if (made !== null) await syncDirectory(found.realPath);
    return PrivateDirectory.over(openPrivate(real, this.#expectedUid));
  }

  async readTrusted(path: string, bytesMax: number): Promise<Uint8Array> {
    const found = requireTrusted(await walkPath(path, this.#rules), path, 'file.untrusted');
    return this.#opened(found, path, 'file.untrusted', async (handle) => {
      const refusal = whyNotTrusted(await handle.stat(), this.#expectedUid);
      if (refusal !== null) throw untrusted('file.untrusted', `${path} ${refusal}`, path);
      const bytes = await readRange(handle, 0, bytesMax + 1);
      if (bytes.byteLength > bytesMax) throw new Fault('file.too-large', `${path} is larger than ${bytesMax} bytes`);
      return bytes.slice();
    });
  }

  listForeign(directory: string): Promise<readonly ForeignEntry[]> {
    return foreignEntries(directory);
  }

  async readForeign(path: string, options: { newerThanMs: number; bytesMax: number }): Promise<Uint8Array | null> {
    const walked = await walkPath(path, this.#rules);
    if (walked.status === 'absent') return null;
    if (walked.status === 'refused') throw new Fault('log.untrusted', `${path}: ${walked.detail}`);
    if (walked.stepsBelowOpen > 1) throw untrusted('log.untrusted', `${path} lies deep in what others can write`, path);
    return this.#opened(walked, path, 'log.untrusted', async (handle) => {
      const stat = await handle.stat();
      const refusal = whyNotBelieved(stat, this.#expectedUid, options.newerThanMs);
      if (refusal !== null) throw untrusted('log.untrusted', `${path} ${refusal}`, path);
      const length = Math.min(stat.size, options.bytesMax);
      return (await readRange(handle, stat.size - length, length)).slice();
    });
  }

  async openOutput(directory: Directory, name: string): Promise<OutputFile> {
    if (directory instanceof PrivateDirectory) return directory.openOutput(name);
    throw new Fault('agent.defect', 'only a directory of this machine can hold an output');
  }

  /** Opened where the walk ended, without waiting on a FIFO and without a link; the handle must be of what the walk saw. */
  async #opened<T>(
    found: FoundPath,
    path: string,
    code: FaultCode,
    work: (handle: FileHandle) => Promise<T>,
  ): Promise<T> {
    // Not opened at all: a device would be touched by it, and a FIFO has nothing to say.
    if (!found.stat.isFile()) throw untrusted(code, `${path} is not a regular file`, path);
    const handle = await openWithoutLinks(found.realPath, path, code);
    try {
      const { dev, ino } = await handle.stat();
      if (dev !== found.stat.dev || ino !== found.stat.ino)
        throw untrusted(code, `${path} was replaced between two looks`, path);
      return await work(handle);
    } finally {
      await handle.close();
    }
  }

  /** Missing parents are made one by one below the last that stands; each is judged by the walk that follows. */
  async #makeParents(path: string): Promise<void> {
    if ((await walkPath(path, this.#rules)).status !== 'absent') return;
    const { parent, name } = splitPath(path);
    if (parent !== '/') await this.#makeParents(parent);
    const found = requireTrusted(await walkPath(parent, this.#rules), parent, 'state.untrusted-directory');
    await nullOn(['EEXIST'], () => mkdir(`${found.realPath}/${name}`, { mode: 0o700 }));
    await syncDirectory(found.realPath);
  }
}

async function openWithoutLinks(realPath: string, path: string, code: FaultCode): Promise<FileHandle> {
  try {
    return await open(realPath, constants.O_RDONLY | safeFlags);
  } catch (error) {
    if (!['ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) throw error;
    throw untrusted(code, `${path} was replaced by a link or is not a regular file`, path);
  }
}

/** Bytes of a file of the system or of a package, fewer when it ends before; null when it is not there, no file, or closed to us. */
export async function readRegularRange(path: string, position: number, length: number): Promise<Uint8Array | null> {
  return nullOn(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EACCES', 'EPERM', 'EISDIR'], async () => {
    const handle = await open(path, constants.O_RDONLY | safeFlags);
    try {
      const sizeBytes = (await handle.stat()).isFile() ? await regularSize(handle, path) : null;
      if (sizeBytes === null) return null;
      return (await readRange(handle, position, Math.max(0, Math.min(length, sizeBytes - position)))).slice();
    } finally {
      await handle.close();
    }
  });
}

function requireTrusted(walked: WalkedPath, path: string, code: FaultCode): FoundPath {
  if (walked.status === 'absent') throw new Fault(code, `${path} does not exist`, { context: { path, missing: true } });
  if (walked.status === 'refused') throw untrusted(code, `${path}: ${walked.detail}`, path);
  if (walked.distrust !== null) throw untrusted(code, walked.distrust, path);
  return walked;
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function untrusted(code: FaultCode, detail: string, path: string): Fault {
  return new Fault(code, detail, { context: { path } });
}
