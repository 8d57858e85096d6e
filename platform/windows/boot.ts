import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { nullOn } from '#platform/files/errors.ts';
import type { Files } from '#platform/files.ts';
import { bootIdOf, settledBootId } from '#platform/windows/parse/boot.ts';

const noteName = 'boot';

/**
 * The name of this boot, the same in every process of ours: the daemon notes it in its runtime directory, the others read
 * it there. It is computed once a process, which no boot outlives, so that a clock that is set meanwhile changes nothing.
 */
export class Boot {
  readonly #runtimeDirectory: string;
  #id: Promise<string> | null = null;

  constructor(runtimeDirectory: string) {
    this.#runtimeDirectory = runtimeDirectory;
  }

  id(): Promise<string> {
    this.#id ??= this.#read();
    return this.#id;
  }

  /** By the one process that owns the state. Who planted another note could at most move the name by the tolerance. */
  async note(files: Files): Promise<void> {
    const id = await this.id();
    if ((await this.#noted()) === id) return;
    await (await files.openPrivateDirectory(this.#runtimeDirectory)).replace(noteName, Buffer.from(id));
  }

  async #read(): Promise<string> {
    return settledBootId(bootIdOf(Date.now(), uptimeNow()), await this.#noted());
  }

  async #noted(): Promise<string | null> {
    const path = `${this.#runtimeDirectory}\\${noteName}`;
    return nullOn(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM'], () => readFile(path, 'utf8'));
  }
}

/** Since the kernel began, sleep included. */
export function uptimeNow(): number {
  return Math.round(uptime() * 1000);
}
