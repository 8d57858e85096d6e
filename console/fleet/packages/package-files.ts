/** Package files on disk: named by their SHA-256, complete or not there. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import { beginningBytes } from '#console/fleet/packages/package-rules.ts';

export interface StoredFile {
  readonly sha256: string;
  readonly sha1: string;
  readonly sizeBytes: number;
}

/** One file being written. `keep` makes it visible under its digest; `drop` leaves nothing behind. */
export interface IncomingFile {
  restart(): Promise<void>;
  write(chunk: Uint8Array): Promise<void>;
  readonly doneBytes: () => number;
  readonly first: () => Uint8Array;
  keep(): Promise<StoredFile>;
  drop(): Promise<void>;
}

export interface PackageFiles {
  readonly directory: string;
  receive(expectedBytes: number): Promise<IncomingFile>;
  has(sha256: string): Promise<boolean>;
  space(): Promise<{ readonly usedBytes: number; readonly maxBytes: number }>;
  remove(sha256: string): Promise<void>;
}

async function usedBytes(directory: string): Promise<number> {
  let total = 0;
  for (const name of await readdir(directory))
    total += (await stat(join(directory, name)).catch(() => null))?.size ?? 0;
  return total;
}

function incoming(directory: string, path: string, file: FileHandle): IncomingFile {
  let sha256 = createHash('sha256');
  let sha1 = createHash('sha1');
  let done = 0;
  let first = Buffer.alloc(0);
  return {
    doneBytes: () => done,
    first: () => first,
    async restart() {
      await file.truncate(0);
      sha256 = createHash('sha256');
      sha1 = createHash('sha1');
      done = 0;
      first = Buffer.alloc(0);
    },
    async write(chunk) {
      if (done + chunk.length > limits.packageBytesMax)
        throw new Fault('file.too-large', 'larger than a package may be');
      if (first.length < beginningBytes) first = Buffer.concat([first, chunk]).subarray(0, beginningBytes);
      await file.write(chunk, 0, chunk.length, done);
      sha256.update(chunk);
      sha1.update(chunk);
      done += chunk.length;
    },
    async keep() {
      await file.sync();
      await file.close();
      const stored = { sha256: sha256.digest('hex'), sha1: sha1.digest('hex'), sizeBytes: done };
      await rename(path, join(directory, stored.sha256));
      return stored;
    },
    async drop() {
      await file.close().catch(() => undefined);
      await rm(path, { force: true });
    },
  };
}

export function packageFiles(directory: string, cacheBytesMax: number): PackageFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    directory,
    async receive(expectedBytes) {
      if ((await usedBytes(directory)) + expectedBytes > cacheBytesMax) {
        throw new Fault('state.no-space', 'the package cache of the console is full');
      }
      const path = join(directory, `.incoming-${randomBytes(8).toString('hex')}`);
      return incoming(directory, path, await open(path, 'wx', 0o600));
    },
    space: async () => ({ usedBytes: await usedBytes(directory), maxBytes: cacheBytesMax }),
    async remove(sha256) {
      if (/^[0-9a-f]{64}$/.test(sha256)) await rm(join(directory, sha256), { force: true });
    },
    has: (sha256) =>
      stat(join(directory, sha256)).then(
        () => true,
        () => false,
      ),
  };
}
