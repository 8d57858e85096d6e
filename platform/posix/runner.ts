import { posixEnvironment } from '#platform/environment.ts';
import { probeLimits, type ProbeLimits, type ProbeOptions, type Spawner } from '#platform/exec.ts';
import type { Probe } from '#platform/inventory.ts';
import type { Invocation, ProbeResult } from '#platform/platform.ts';

export interface PosixRunnerOptions {
  /** From the local configuration; children get it, our own environment is never handed on. */
  readonly proxy: string | null;
  readonly spawner: Pick<Spawner, 'runProbe'>;
  readonly killTree: ProbeOptions['killTree'];
  /** The absolute path of a listed program; `unsupported` when it is not installed, `failed` when others could have changed it. */
  resolve(name: string): Promise<Probe<string>>;
}

/** What one run is given besides its arguments. */
export interface RunExtras {
  readonly stdin?: string;
  /** Added to the built environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts listed programs, each with an environment made from nothing and a HOME that holds nothing. */
export abstract class PosixRunner {
  readonly #options: PosixRunnerOptions;

  constructor(options: PosixRunnerOptions) {
    this.#options = options;
  }

  /** Gives `work` an empty directory that nobody else can write. */
  protected abstract withHome<T>(work: (home: string) => Promise<T>): Promise<T>;

  /** Runs a listed program; `unsupported` when it is not installed, `failed` when others could have changed it. */
  async probe(
    invocation: Invocation,
    limits: Partial<ProbeLimits> = {},
    extras: RunExtras = {},
  ): Promise<Probe<ProbeResult>> {
    const program = await this.#options.resolve(invocation.program);
    if (program.status !== 'ok') return program;
    return { status: 'ok', value: await this.run({ program: program.value, args: invocation.args }, limits, extras) };
  }

  /** As `probe`, for a file the caller has proved. */
  async run(
    invocation: Invocation,
    limits: Partial<ProbeLimits> = {},
    { stdin, environment }: RunExtras = {},
  ): Promise<ProbeResult> {
    const { spawner, killTree } = this.#options;
    return this.withHome((home) =>
      spawner.runProbe(
        {
          program: invocation.program,
          args: invocation.args,
          environment: this.environment(home, environment ?? {}),
          directory: '/',
        },
        { limits: { ...probeLimits, ...limits }, killTree, ...(stdin === undefined ? {} : { stdin }) },
      ),
    );
  }

  environment(home: string, added: Readonly<Record<string, string>>): Record<string, string> {
    return posixEnvironment({ home, proxy: this.#options.proxy, added });
  }
}
