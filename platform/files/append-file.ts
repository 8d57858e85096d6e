import type { FileHandle } from 'node:fs/promises';
import type { AppendFile } from '#platform/files.ts';
import { onDisk } from '#platform/files/errors.ts';
import { writeAll } from '#platform/files/handles.ts';
import { Fault } from '#protocol/codes.ts';

/** An open file that only grows, or is cut back; opened with O_APPEND, so writes land at its end whatever was cut. */
export class OpenAppendFile implements AppendFile {
  readonly #handle: FileHandle;
  #sizeBytes: number;
  #broken = false;

  constructor(handle: FileHandle, sizeBytes: number) {
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#durably(() => writeAll(this.#handle, bytes));
    this.#sizeBytes += bytes.byteLength;
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#durably(() => this.#handle.truncate(sizeBytes));
    this.#sizeBytes = sizeBytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** After a failed fsync the kernel may have dropped the bytes and say "fine" next time: the handle is dead. */
  async #durably(work: () => Promise<unknown>): Promise<void> {
    if (this.#broken) throw new Fault('state.disk-error', 'an earlier write failed; the file must be opened again');
    try {
      await onDisk(async () => {
        await work();
        await this.#handle.sync();
      });
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }
}
