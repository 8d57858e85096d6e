import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import type { AppendFile, Directory, DownloadFile, FileDigest } from '#platform/files.ts';
import type { Anchor } from '#platform/files/anchor.ts';
import { OpenAppendFile } from '#platform/files/append-file.ts';
import { OpenDownloadFile } from '#platform/files/download-file.ts';
import { errnoOf, nullOn, onDisk } from '#platform/files/errors.ts';
import {
  eachBlock,
  privateFileMode,
  readRange,
  regularSize,
  safeFlags,
  withHandle,
  writeAll,
} from '#platform/files/handles.ts';
import { requireName } from '#platform/files/names.ts';
import { removeBelow } from '#platform/files/remove.ts';
import { Fault } from '#protocol/codes.ts';

const temporaryPrefix = '.new-';
const temporaryAgeMaxMs = 3_600_000;
const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = constants;

/** What opening answers when the name is a link, a FIFO without reader, or a directory. */
const notRegularErrnos = ['ELOOP', 'ENXIO', 'EISDIR'];

/** A directory that was proved to be ours, reached by its handle from then on. */
export class PrivateDirectory implements Directory {
  readonly path: string;
  readonly #anchor: Anchor;

  private constructor(anchor: Anchor) {
    this.path = anchor.path;
    this.#anchor = anchor;
  }

  /** Takes a proved anchor and clears what interrupted writes of earlier runs left behind. */
  static async over(anchor: Anchor): Promise<PrivateDirectory> {
    const directory = new PrivateDirectory(anchor);
    await directory.#sweepTemporaries();
    return directory;
  }

  /** A path for system calls and children that reaches `name` in this very directory, whatever its own path leads to. */
  at(name: string): string {
    return this.#anchor.at(requireName(name));
  }

  /** For one that was needed for a moment only; it is not used afterwards. */
  close(): void {
    this.#anchor.close();
  }

  async directory(name: string): Promise<PrivateDirectory> {
    const path = this.at(name);
    const made = await onDisk(() => nullOn(['EEXIST'], async () => (await mkdir(path, { mode: 0o700 }), true)));
    if (made !== null) await this.#sync();
    return PrivateDirectory.over(await this.#anchor.openPrivateBelow(name));
  }

  async read(name: string, bytesMax: number): Promise<Uint8Array | null> {
    return this.#reading(name, async (handle) => {
      const sizeBytes = await regularSize(handle, name);
      const bytes = sizeBytes > bytesMax ? null : await readRange(handle, 0, bytesMax + 1);
      if (bytes === null || bytes.byteLength > bytesMax) {
        throw new Fault('file.too-large', `${name} is larger than ${bytesMax} bytes`);
      }
      return bytes.slice();
    });
  }

  async readTail(name: string, bytesMax: number): Promise<Uint8Array | null> {
    return this.#reading(name, async (handle) => {
      const sizeBytes = await regularSize(handle, name);
      return (await readRange(handle, Math.max(0, sizeBytes - bytesMax), Math.min(sizeBytes, bytesMax))).slice();
    });
  }

  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    const path = this.at(name);
    const temporary = await this.#writeTemporary(bytes);
    try {
      const linked = await onDisk(() =>
        nullOn(['EEXIST'], () => this.#anchor.patiently(async () => (await link(temporary, path), true))),
      );
      return linked !== null;
    } finally {
      await this.#anchor.patiently(() => unlink(temporary));
      await this.#sync(name);
    }
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.at(name);
    const temporary = await this.#writeTemporary(bytes);
    try {
      await onDisk(() => this.#anchor.patiently(() => rename(temporary, path)));
    } catch (error) {
      await nullOn(['ENOENT'], () => unlink(temporary));
      throw error;
    }
    await this.#sync(name);
  }

  async list(): Promise<readonly string[]> {
    const names = await readdir(this.#anchor.at('.'));
    keepOpen(this);
    return names.filter((name) => !name.startsWith(temporaryPrefix)).sort();
  }

  async remove(name: string): Promise<void> {
    requireName(name);
    await onDisk(() => removeBelow(this.#anchor, name));
    await this.#sync();
  }

  async append(name: string): Promise<AppendFile> {
    const { handle, sizeBytes } = await this.#openGrowing(name);
    return new OpenAppendFile(handle, sizeBytes);
  }

  async openDownload(name: string): Promise<DownloadFile> {
    const { handle, sizeBytes } = await this.#openGrowing(name);
    return new OpenDownloadFile(handle, sizeBytes, () => this.#sync());
  }

  async copyInto(name: string, target: Directory, targetName: string): Promise<FileDigest | null> {
    return this.#reading(name, async (handle) => {
      await regularSize(handle, name);
      await target.remove(targetName);
      const copy = await target.openDownload(targetName);
      const hash = createHash('sha256');
      try {
        const sizeBytes = await eachBlock(handle, async (block) => {
          hash.update(block);
          await copy.write(block);
        });
        await copy.finish();
        return { sha256: hash.digest('hex'), sizeBytes };
      } finally {
        await copy.close();
      }
    });
  }

  async digest(name: string): Promise<FileDigest | null> {
    return this.#reading(name, async (handle) => {
      await regularSize(handle, name);
      const hash = createHash('sha256');
      const sizeBytes = await eachBlock(handle, (block) => void hash.update(block));
      return { sha256: hash.digest('hex'), sizeBytes };
    });
  }

  /** An open handle for output of a child: appended, created when missing, never through a link. */
  async openOutput(name: string): Promise<FileHandle> {
    return (await this.#openGrowing(name)).handle;
  }

  async #sync(name?: string): Promise<void> {
    await onDisk(() => this.#anchor.sync(name));
  }

  async #reading<T>(name: string, work: (handle: FileHandle) => Promise<T>): Promise<T | null> {
    const path = this.at(name);
    const result = await regularOnly(name, () =>
      nullOn(['ENOENT'], () => onDisk(() => withHandle(path, O_RDONLY, work))),
    );
    keepOpen(this);
    return result;
  }

  async #openGrowing(name: string): Promise<{ handle: FileHandle; sizeBytes: number }> {
    const path = this.at(name);
    return regularOnly(name, () =>
      onDisk(async () => {
        const handle = await open(path, O_WRONLY | O_CREAT | O_APPEND | safeFlags, privateFileMode);
        try {
          const sizeBytes = await regularSize(handle, name);
          await this.#anchor.sync();
          return { handle, sizeBytes };
        } catch (error) {
          await handle.close();
          throw error;
        }
      }),
    );
  }

  async #writeTemporary(bytes: Uint8Array): Promise<string> {
    const path = this.#anchor.at(`${temporaryPrefix}${randomBytes(8).toString('hex')}`);
    try {
      await onDisk(() =>
        withHandle(path, O_WRONLY | O_CREAT | O_EXCL, async (handle) => {
          await writeAll(handle, bytes);
          await handle.sync();
        }),
      );
      return path;
    } catch (error) {
      await nullOn(['ENOENT'], () => unlink(path));
      throw error;
    }
  }

  /** Only old ones: another process may be in the middle of a write of its own. */
  async #sweepTemporaries(): Promise<void> {
    for (const name of await readdir(this.#anchor.at('.'))) {
      if (!name.startsWith(temporaryPrefix)) continue;
      const stat = await nullOn(['ENOENT'], () => lstat(this.#anchor.at(name)));
      if (stat !== null && Date.now() - stat.mtimeMs > temporaryAgeMaxMs) await this.remove(name);
    }
  }
}

/** A use after the wait: an anchor closes its descriptor when nothing refers to it any more, also in mid-call. */
function keepOpen(_directory: PrivateDirectory): void {}

async function regularOnly<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!notRegularErrnos.includes(errnoOf(error) ?? '')) throw error;
    throw new Fault('file.untrusted', `${name} is not a regular file`, { cause: error });
  }
}
