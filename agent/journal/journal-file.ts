/**
 * The journal's file on the disk: durable appends, a reserve so that a full disk cannot hide the end of an installer, and a
 * whole new file in the place of the old one. What is in it is not looked at here.
 */
import { asFault, Fault } from '#protocol/codes.ts';
import type { AppendFile, Directory } from '#platform/files.ts';
import { fileName } from '#agent/journal/load.ts';

const reserveName = 'journal.reserve';
/** Enough for the records of an attempt that ends while the disk is full. */
const reserveBytes = 128 * 1024;

export class JournalFile {
  readonly #directory: Directory;
  #file: AppendFile;
  #sizeBytes: number;
  #broken: Fault | null = null;
  #tight = false;

  private constructor(directory: Directory, file: AppendFile, sizeBytes: number) {
    this.#directory = directory;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  /** `sizeBytes`: how much of it was found to be sound. */
  static async open(directory: Directory, sizeBytes: number): Promise<JournalFile> {
    return new JournalFile(directory, await directory.append(fileName), sizeBytes);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }
  /** Set once a write was not confirmed by the disk. */
  get broken(): Fault | null {
    return this.#broken;
  }
  /** The reserve is in use. */
  get tight(): boolean {
    return this.#tight;
  }

  /** Makes sure the reserve is there; a disk too full for it is noticed now and not in mid-install. */
  async prepare(): Promise<void> {
    try {
      await this.#directory.create(reserveName, new Uint8Array(reserveBytes));
      this.#tight = false;
    } catch (error) {
      if (asFault(error).code !== 'state.no-space') throw error;
      this.#tight = true;
    }
  }

  /** Puts the reserve back when there is space again; what a full disk broke is whole then. */
  async makeRoom(): Promise<void> {
    if (this.#broken !== null && this.#broken.code !== 'state.no-space') return;
    if (this.#broken !== null) await this.#reopen().catch(() => undefined);
    await this.prepare().catch((error: unknown) => this.#fail(error));
    if (!this.#tight && this.#broken?.code === 'state.no-space') this.#broken = null;
  }

  /** Durable when it resolves. Faults `state.disk-error` and `state.no-space`. */
  async append(bytes: Buffer): Promise<void> {
    try {
      await this.#file.append(bytes);
    } catch (error) {
      if (asFault(error).code !== 'state.no-space' || this.#tight) throw this.#fail(error);
      await this.#useReserve(bytes).catch((second: unknown) => {
        throw this.#fail(second);
      });
    }
    this.#sizeBytes += bytes.length;
  }

  /**
   * New file, fsync, rename, fsync directory; then it goes on in it. False when there was no space: the old one stays. Closed
   * first: Windows puts nothing in the place of a file that is open.
   */
  async replace(bytes: Uint8Array): Promise<boolean> {
    let replaced = true;
    try {
      await this.#file.close();
      await this.#directory.replace(fileName, bytes).catch((error: unknown) => {
        if (asFault(error).code !== 'state.no-space') throw error;
        replaced = false;
      });
      this.#file = await this.#directory.append(fileName);
    } catch (error) {
      throw this.#fail(error);
    }
    if (replaced) this.#sizeBytes = bytes.length;
    return replaced;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Gives the reserved space back and writes once more. */
  async #useReserve(bytes: Buffer): Promise<void> {
    this.#tight = true;
    await this.#directory.remove(reserveName);
    await this.#reopen();
    await this.#file.append(bytes);
  }

  /** A file that failed takes nothing any more; opened again, its half-written tail is cut. */
  async #reopen(): Promise<void> {
    await this.#file.close();
    this.#file = await this.#directory.append(fileName);
    await this.#file.truncate(this.#sizeBytes);
  }

  /** After a failed fsync the kernel may have dropped the data and will not say so again: nothing may be started any more. */
  #fail(error: unknown): Fault {
    const fault = asFault(error);
    this.#broken =
      fault.code === 'agent.defect' ? new Fault('state.disk-error', fault.message, { cause: error }) : fault;
    return this.#broken;
  }
}
