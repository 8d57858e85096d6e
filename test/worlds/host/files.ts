/** Private files on the in-memory disk, in the same small steps as the real ones: each step is an effect of its process. */
import { createHash } from 'node:crypto';
import { requireName } from '#platform/files/names.ts';
import { asDiskFault } from '#platform/files/errors.ts';
import type { AppendFile, Directory, DownloadFile, FileDigest, Files } from '#platform/files.ts';
import { Fault } from '#protocol/codes.ts';
import { DiskError, type DirectoryNode, type Disk, type FileNode } from '#test/worlds/host/disk.ts';
import type { HostProcess } from '#test/worlds/host/process.ts';

const temporaryPrefix = '.new-';

export interface FilesOptions {
  readonly disk: Disk;
  readonly process: HostProcess;
  /** Wall clock, for times of change. */
  readonly now: () => number;
}

export function memoryFiles(options: FilesOptions): Files {
  const { disk, process } = options;
  const openPrivateDirectory = async (path: string): Promise<MemoryDirectory> => {
    let node: DirectoryNode = disk.root;
    for (const name of path.split('/').filter((part) => part !== '')) node = await step(options, node, name);
    return new MemoryDirectory(options, node, path);
  };
  const fileAt = (path: string): FileNode | null => {
    const node = disk.lookup(path);
    if (node !== null && node.kind !== 'file') throw new Fault('file.untrusted', `${path} is not a regular file`);
    return node;
  };
  return {
    openPrivateDirectory,
    readTrusted: (path, bytesMax) =>
      process.look(() => {
        const file = fileAt(path);
        if (file === null) throw new Fault('file.untrusted', `${path} is not there`, { context: { missing: true } });
        if (!file.trusted) throw new Fault('file.untrusted', `${path} can be written by others`);
        if (file.bytes.length > bytesMax) throw new Fault('file.too-large', path);
        return new Uint8Array(file.bytes);
      }),
    listForeign: (path) =>
      process.look(() => {
        // Windows' paths have no `/`: such a file stands in the root, by its whole path.
        const node = path.includes('/') ? disk.lookup(path) : disk.root;
        if (node?.kind !== 'directory') return [];
        return [...node.entries].flatMap(([name, entry]) => {
          const plain = path.includes('/') ? name : name.replace(`${path}\\`, '');
          return entry.kind === 'file' ? [{ name: plain, changedAtMs: entry.mtimeMs }] : [];
        });
      }),
    readForeign: (path, { newerThanMs, bytesMax }) =>
      process.look(() => {
        const file = fileAt(path);
        if (file === null) return null;
        if (!file.trusted || file.mtimeMs <= newerThanMs) throw new Fault('log.untrusted', path);
        return new Uint8Array(file.bytes.subarray(Math.max(0, file.bytes.length - bytesMax)));
      }),
  };
}

async function step({ disk, process }: FilesOptions, parent: DirectoryNode, name: string): Promise<DirectoryNode> {
  const there = parent.entries.get(name);
  if (there?.kind === 'directory') return there;
  if (there !== undefined) throw new Fault('state.untrusted-directory', `${name} is not a directory`);
  const made = await onDisk(process, 'mkdir', () => disk.makeDirectory(parent, name));
  await onDisk(process, 'fsync directory', () => disk.fsyncDirectory(parent));
  return made;
}

async function onDisk<T>(process: HostProcess, label: string, work: () => T, torn?: () => void): Promise<T> {
  try {
    return await process.effect(label, work, torn);
  } catch (error) {
    throw asDiskFault(error);
  }
}

let temporaries = 0;

class MemoryDirectory implements Directory {
  readonly path: string;
  readonly node: DirectoryNode;
  readonly #options: FilesOptions;

  constructor(options: FilesOptions, node: DirectoryNode, path: string) {
    this.#options = options;
    this.node = node;
    this.path = path;
  }

  async directory(name: string): Promise<MemoryDirectory> {
    requireName(name);
    return new MemoryDirectory(this.#options, await step(this.#options, this.node, name), `${this.path}/${name}`);
  }

  read(name: string, bytesMax: number): Promise<Uint8Array | null> {
    return this.#reading(name, (file) => {
      if (file.bytes.length > bytesMax) throw new Fault('file.too-large', `${name} is larger than ${bytesMax} bytes`);
      return new Uint8Array(file.bytes);
    });
  }

  readTail(name: string, bytesMax: number): Promise<Uint8Array | null> {
    return this.#reading(
      name,
      (file) => new Uint8Array(file.bytes.subarray(Math.max(0, file.bytes.length - bytesMax))),
    );
  }

  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    requireName(name);
    const { disk } = this.#options;
    const temporary = await this.#writeTemporary(bytes);
    try {
      return await this.#do('link', () => {
        const file = this.node.entries.get(temporary);
        if (file === undefined) throw new DiskError('ENOENT', temporary);
        if (this.node.entries.has(name)) return false;
        disk.link(this.node, name, file);
        return true;
      });
    } finally {
      await this.#do('unlink', () => disk.unlink(this.node, temporary));
      await this.#sync();
    }
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    requireName(name);
    const temporary = await this.#writeTemporary(bytes);
    await this.#do('rename', () => this.#options.disk.rename(this.node, temporary, name));
    await this.#sync();
  }

  list(): Promise<readonly string[]> {
    return this.#options.process.look(() =>
      [...this.node.entries.keys()].filter((name) => !name.startsWith(temporaryPrefix)).sort(),
    );
  }

  async remove(name: string): Promise<void> {
    requireName(name);
    const { disk } = this.#options;
    const node = this.node.entries.get(name);
    if (node?.kind === 'directory') {
      const below = new MemoryDirectory(this.#options, node, `${this.path}/${name}`);
      for (const each of Array.from(node.entries.keys())) await below.remove(each);
    }
    if (node !== undefined) await this.#do('unlink', () => disk.unlink(this.node, name));
    await this.#sync();
  }

  async append(name: string): Promise<AppendFile> {
    return new MemoryAppendFile(this.#options, await this.#openGrowing(name));
  }

  async openDownload(name: string): Promise<DownloadFile> {
    const file = await this.#openGrowing(name);
    const { disk, now } = this.#options;
    return {
      sizeBytes: file.bytes.length,
      write: (bytes) =>
        this.#do(
          'write download',
          () => disk.write(file, bytes, now()),
          () => disk.write(file, half(bytes), now()),
        ),
      finish: async () => {
        await this.#do('fsync download', () => disk.fsync(file));
        await this.#sync();
      },
      close: () => Promise.resolve(),
    };
  }

  async copyInto(name: string, target: Directory, targetName: string): Promise<FileDigest | null> {
    const bytes = await this.#reading(name, (file) => new Uint8Array(file.bytes));
    if (bytes === null) return null;
    await target.remove(targetName);
    const copy = await target.openDownload(targetName);
    await copy.write(bytes);
    await copy.finish();
    return { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
  }

  digest(name: string): Promise<FileDigest | null> {
    return this.#reading(name, ({ bytes }) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { sha256, sizeBytes: bytes.length };
    });
  }

  async #openGrowing(name: string): Promise<FileNode> {
    requireName(name);
    const node = this.node.entries.get(name);
    if (node?.kind === 'directory') throw new Fault('file.untrusted', `${name} is not a regular file`);
    const { disk, now } = this.#options;
    const file = node ?? (await this.#do('open', () => disk.makeFile(this.node, name, now())));
    await this.#sync();
    return file;
  }

  async #reading<T>(name: string, work: (file: FileNode) => T): Promise<T | null> {
    requireName(name);
    return this.#options.process.look(() => {
      const node = this.node.entries.get(name);
      if (node === undefined) return null;
      if (node.kind === 'directory') throw new Fault('file.untrusted', `${name} is not a regular file`);
      return work(node);
    });
  }

  async #writeTemporary(bytes: Uint8Array): Promise<string> {
    const { disk, now } = this.#options;
    temporaries += 1;
    const name = `${temporaryPrefix}${temporaries}`;
    const file = await this.#do('create temporary', () => disk.makeFile(this.node, name, now()));
    try {
      await this.#do(
        'write temporary',
        () => disk.write(file, bytes, now()),
        () => disk.write(file, half(bytes), now()),
      );
      await this.#do('fsync temporary', () => disk.fsync(file));
      return name;
    } catch (error) {
      await this.#do('unlink', () => disk.unlink(this.node, name));
      throw error;
    }
  }

  #sync(): Promise<void> {
    return this.#do('fsync directory', () => this.#options.disk.fsyncDirectory(this.node));
  }

  #do<T>(label: string, work: () => T, torn?: () => void): Promise<T> {
    return onDisk(this.#options.process, `${label} ${this.path}`, work, torn);
  }
}

/** As the real one: dead after a failed write or fsync, until it is opened again. */
class MemoryAppendFile implements AppendFile {
  readonly #options: FilesOptions;
  readonly #file: FileNode;
  #sizeBytes: number;
  #broken = false;

  constructor(options: FilesOptions, file: FileNode) {
    this.#options = options;
    this.#file = file;
    this.#sizeBytes = file.bytes.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    const { disk, now } = this.#options;
    await this.#durably(
      () => disk.write(this.#file, bytes, now()),
      () => disk.write(this.#file, half(bytes), now()),
    );
    this.#sizeBytes += bytes.length;
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#durably(() => this.#options.disk.truncate(this.#file, sizeBytes));
    this.#sizeBytes = sizeBytes;
  }

  async close(): Promise<void> {}

  async #durably(work: () => void, torn?: () => void): Promise<void> {
    if (this.#broken) throw new Fault('state.disk-error', 'an earlier write failed; the file must be opened again');
    const { disk, process } = this.#options;
    try {
      await onDisk(process, 'append', work, torn);
      await onDisk(process, 'fsync append', () => disk.fsync(this.#file));
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }
}

const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, Math.floor(bytes.length / 2));
