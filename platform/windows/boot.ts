import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { nullOn } from '#platform/files/errors.ts';
import type { Directory, Files } from '#platform/files.ts';
import { bootIdOf, settledBootId } from '#platform/windows/parse/boot.ts';
import { listOf } from '#platform/windows/parse/powershell.ts';
import { askOne } from '#platform/windows/powershell.ts';
import type { Starter } from '#platform/windows/runner.ts';
import { firstProcessStart } from '#platform/windows/scripts.ts';

const noteName = 'boot';

/**
 * The name of this boot, the same in every process of ours: the daemon notes it in its runtime directory, the others read
 * it there. It is computed once a process, which no boot outlives, so that a clock that is set meanwhile changes nothing.
 */
export class Boot {
  readonly #runtimeDirectory: string;
  readonly #firstProcess: () => Promise<string | null>;
  #id: Promise<string> | null = null;

  /** `firstProcess`: when the first process of this boot began, by the clock of then; null when it cannot be asked. */
  constructor(runtimeDirectory: string, firstProcess: () => Promise<string | null>) {
    this.#runtimeDirectory = runtimeDirectory;
    this.#firstProcess = firstProcess;
  }

  id(): Promise<string> {
    this.#id ??= this.#read();
    return this.#id;
  }

  /** By the one process that owns the state. Who planted another note could at most move the name by the tolerance. */
  async note(files: Files): Promise<void> {
    const id = await this.id();
    if ((await this.#noted()).id === id) return;
    const directory = await files.openPrivateDirectory(this.#runtimeDirectory);
    await directory.replace(noteName, Buffer.from(id));
    // Added when it is known: early in a boot the answer may take a minute, and nothing waits for it.
    void this.#noteFirstProcess(directory, id).catch(() => undefined);
  }

  async #noteFirstProcess(directory: Directory, id: string): Promise<void> {
    const began = await this.#firstProcess();
    if (began !== null) await directory.replace(noteName, Buffer.from(`${id} ${began}`));
  }

  /**
   * A clock that was set since the note was made gives another name to the same boot, and a boot that was not would prove
   * a restart that never was. When a process began does not change with the clock: the same first one, the same boot.
   */
  async #read(): Promise<string> {
    const computed = bootIdOf(Date.now(), uptimeNow());
    const noted = await this.#noted();
    const settled = settledBootId(computed, noted.id);
    if (settled === noted.id || noted.id === null || noted.firstProcess === null) return settled;
    return (await this.#firstProcess()) === noted.firstProcess ? noted.id : settled;
  }

  async #noted(): Promise<{ readonly id: string | null; readonly firstProcess: string | null }> {
    const path = `${this.#runtimeDirectory}\\${noteName}`;
    const text = await nullOn(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM'], () => readFile(path, 'utf8'));
    const [id = null, firstProcess = null] = text?.split(' ') ?? [];
    return { id, firstProcess };
  }
}

/** As `Boot` asks it: the system's own first process in its own session, which lives as long as the boot. */
export async function firstProcess(starter: Starter): Promise<string | null> {
  const began = await askOne(starter, 'first-process', firstProcessStart);
  const [said] = began.status === 'ok' ? listOf(began.value) : [];
  return typeof said === 'string' && /^[\d:TZ-]{20}$/.test(said) ? said : null;
}

/** Since the kernel began, sleep included. */
export function uptimeNow(): number {
  return Math.round(uptime() * 1000);
}
