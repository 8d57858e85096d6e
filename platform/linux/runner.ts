import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { systemSpawner } from '#platform/exec.ts';
import type { PrivateDirectory } from '#platform/files/directory.ts';
import type { Probe } from '#platform/inventory.ts';
import type { LinuxFiles } from '#platform/linux/files.ts';
import { killTree } from '#platform/linux/kill-tree.ts';
import { isProgramName, programs } from '#platform/linux/programs.ts';
import { usePath } from '#platform/linux/trusted-path.ts';
import { PosixRunner } from '#platform/posix/runner.ts';
import { Fault } from '#protocol/codes.ts';

export interface RunnerOptions {
  readonly files: LinuxFiles;
  /** Private directory for HOMEs and keyrings that live as long as one child. */
  readonly scratchDirectory: string;
  /** From the local configuration; children get it, our own environment is never handed on. */
  readonly proxy: string | null;
}

const executableByAll = 0o111;

/** Starts programs of `programs.ts`, each with an empty HOME of its own. */
export class Runner extends PosixRunner {
  readonly #options: RunnerOptions;
  #scratch: Promise<PrivateDirectory> | null = null;

  constructor(options: RunnerOptions) {
    super({ proxy: options.proxy, spawner: systemSpawner, killTree, resolve: resolveProgram });
    this.#options = options;
  }

  /** Opened when first needed; after a failure (a full disk, a planted directory) the next call tries anew. */
  async scratch(): Promise<PrivateDirectory> {
    this.#scratch ??= this.#options.files.openPrivateDirectory(this.#options.scratchDirectory);
    try {
      return await this.#scratch;
    } catch (error) {
      this.#scratch = null;
      throw error;
    }
  }

  /** A fresh private directory, gone when `work` is done. */
  async withPrivate<T>(kind: string, work: (directory: PrivateDirectory) => Promise<T>): Promise<T> {
    const scratch = await this.scratch();
    const name = `${kind}-${process.pid}-${randomBytes(6).toString('hex')}`;
    const directory = await scratch.directory(name);
    try {
      return await work(directory);
    } finally {
      directory.close();
      await scratch.remove(name);
    }
  }

  protected withHome<T>(work: (home: string) => Promise<T>): Promise<T> {
    return this.withPrivate('home', (home) => work(home.path));
  }
}

/** The first of a program's places that holds one; an unlisted name is our mistake. */
export async function resolveProgram(name: string): Promise<Probe<string>> {
  if (!isProgramName(name)) throw new Fault('agent.defect', `${JSON.stringify(name)} is not a program we may start`);
  for (const path of programs[name]) {
    const found = await judgeProgram(path);
    if (found === null) return { status: 'ok', value: path };
    if (found !== 'absent') return { status: 'failed', code: 'file.untrusted', detail: found };
  }
  return { status: 'unsupported', detail: `${name} is not installed` };
}

/** Null when it may be started: only root can have put it there. `absent`, or what speaks against it. */
export async function judgeProgram(path: string): Promise<string | null> {
  return usePath(path, { owners: [], trustedRoot: '/' }, async (walked) => {
    if (walked.status === 'absent') return 'absent';
    if (walked.status === 'refused') return `${path}: ${walked.detail}`;
    if (walked.distrust !== null) return walked.distrust;
    const stat = await walked.handle.stat();
    const executable = (stat.mode & constants.S_IFMT) === constants.S_IFREG && (stat.mode & executableByAll) !== 0;
    return executable ? null : `${path} is not a program`;
  });
}
