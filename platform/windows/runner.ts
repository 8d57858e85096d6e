import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { probeLimits, type ProbeLimits, runProbe } from '#platform/exec.ts';
import type { PrivateDirectory } from '#platform/files/directory.ts';
import type { Probe } from '#platform/inventory.ts';
import type { Invocation, ProbeResult } from '#platform/platform.ts';
import { systemProfile, windowsEnvironment } from '#platform/windows/environment.ts';
import { killTree } from '#platform/windows/kill-tree.ts';
import { isProgramName, pathOfProgram } from '#platform/windows/programs.ts';
import { systemDrive, systemRoot } from '#platform/windows/system-root.ts';
import { Fault } from '#protocol/codes.ts';

/** How programs are started; the tests have one that starts none. */
export interface Starter {
  /** Whether this is 64-bit Windows, with two views of the registry. */
  readonly wide: boolean;
  /** Runs a listed program; `unsupported` when the machine does not have it. */
  probe(invocation: Invocation, limits?: Partial<ProbeLimits>): Promise<Probe<ProbeResult>>;
}

/** Which also starts a file that the caller has proved. */
export interface ToolStarter extends Starter {
  run(invocation: Invocation, limits?: Partial<ProbeLimits>, stdin?: string): Promise<ProbeResult>;
}

export interface RunnerOptions {
  /** Private directory for TEMPs that live as long as one child. */
  readonly scratch: () => Promise<PrivateDirectory>;
  /** From the local configuration; children get it, our own environment is never handed on. */
  readonly proxy: string | null;
}

/** Starts programs of `programs.ts`, each with an environment made from nothing. */
export class Runner implements ToolStarter {
  readonly #options: RunnerOptions;
  #scratch: Promise<PrivateDirectory> | null = null;
  readonly wide = existsSync(`${systemRoot()}\\SysWOW64`);

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /**
   * Programs of the system get the system's own profile, which only administrators write: a private directory for each of
   * hundreds of looks is spared, and proving that one ours takes such a look itself.
   */
  async probe(invocation: Invocation, limits: Partial<ProbeLimits> = {}): Promise<Probe<ProbeResult>> {
    if (!isProgramName(invocation.program)) {
      throw new Fault('agent.defect', `${JSON.stringify(invocation.program)} is not a program we may start`);
    }
    const program = pathOfProgram(invocation.program);
    if (!existsSync(program)) return { status: 'unsupported', detail: `${program} does not exist` };
    return { status: 'ok', value: await this.#start({ program, args: invocation.args }, systemProfile(), limits) };
  }

  /** A file that the caller has proved, with a fresh private TEMP that is gone when it has answered. */
  async run(invocation: Invocation, limits: Partial<ProbeLimits> = {}, stdin?: string): Promise<ProbeResult> {
    return this.withPrivate('temp', (home) => this.#start(invocation, home.path, limits, stdin));
  }

  /** A fresh private directory, gone when `work` is done. */
  async withPrivate<T>(kind: string, work: (directory: PrivateDirectory) => Promise<T>): Promise<T> {
    this.#scratch ??= this.#options.scratch();
    const scratch = await this.#scratch.catch((error: unknown) => {
      this.#scratch = null;
      throw error;
    });
    const name = `${kind}-${process.pid}-${randomBytes(6).toString('hex')}`;
    const directory = await scratch.directory(name);
    try {
      return await work(directory);
    } finally {
      await scratch.remove(name);
    }
  }

  environment(home: string, added: Readonly<Record<string, string>>): Record<string, string> {
    return windowsEnvironment({ home, proxy: this.#options.proxy, added });
  }

  // oxlint-disable-next-line max-params -- one call of the only spawner
  async #start(
    { program, args }: Invocation,
    home: string,
    limits: Partial<ProbeLimits>,
    stdin?: string,
  ): Promise<ProbeResult> {
    const environment = windowsEnvironment({ home, proxy: this.#options.proxy });
    const command = { program, args, environment, directory: `${systemDrive()}\\` };
    const given = stdin === undefined ? {} : { stdin };
    return runProbe(command, { limits: { ...probeLimits, ...limits }, killTree, attached: true, ...given });
  }
}
