import type { FileHandle } from 'node:fs/promises';
import type { DownloadFile } from '#platform/files.ts';
import { onDisk } from '#platform/files/errors.ts';
import { writeAll } from '#platform/files/handles.ts';

/** A file being filled; bytes are durable only after `finish`. */
export class OpenDownloadFile implements DownloadFile {
  readonly sizeBytes: number;
  readonly #handle: FileHandle;
  readonly #syncDirectory: () => Promise<void>;

  constructor(handle: FileHandle, sizeBytes: number, syncDirectory: () => Promise<void>) {
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
    this.#syncDirectory = syncDirectory;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await onDisk(() => writeAll(this.#handle, bytes));
  }

  async finish(): Promise<void> {
    await onDisk(() => this.#handle.sync());
    await this.#syncDirectory();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
