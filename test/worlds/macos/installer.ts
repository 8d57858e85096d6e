/** Runs of installer(8): counted, scripted, going on by themselves, never two at once. */
import type { Command, StartedProcess } from '#platform/exec.ts';
import type { Mac } from '#test/worlds/macos/mac.ts';

export interface InstallerScript {
  /** null: until the machine restarts. */
  readonly runsForMs: number | null;
  readonly code?: number;
  /** What it prints. */
  readonly output: string;
  /** Lines it and the daemons behind it write to /var/log/install.log, without their times. */
  readonly log?: readonly string[];
  readonly leaves: 'unchanged' | 'present';
}

const begun = 'installer: Package name is SentinelOne\ninstaller: Installing at base path /\n';
const failed = (why: string): string =>
  `${begun}installer: The install failed. (The Installer encountered an error that caused the installation to fail. Contact the software manufacturer for assistance.${why})\n`;
const domain = (code: number, text: string): string =>
  `installd[900]: PackageKit: Install Failed: Error Domain=PKInstallErrorDomain Code=${code} "${text}" UserInfo={NSFilePath=./preinstall, PKInstallPackageIdentifier=com.sentinelone.pkg.sentinel-agent}`;

export const scripts = {
  works: {
    runsForMs: 20_000,
    code: 0,
    output: `${begun}installer: The install was successful.\n`,
    log: [
      'installd[900]: PackageKit: ----- Begin install -----',
      'installd[900]: Installed "SentinelOne" (24.2.2.7632)',
    ],
    leaves: 'present',
  },
  slow: { runsForMs: 45 * 60_000, code: 0, output: begun, leaves: 'present' },
  scriptFailed: {
    runsForMs: 8_000,
    code: 1,
    output: failed(' An error occurred while running scripts from the package “SentinelOne.pkg”.'),
    log: [domain(112, 'An error occurred while running scripts from the package “SentinelOne.pkg”.')],
    leaves: 'unchanged',
  },
  filesNotMoved: {
    runsForMs: 8_000,
    code: 1,
    output: failed(' An unexpected error occurred while moving files to the final destination.'),
    log: [domain(120, 'An unexpected error occurred while moving files to the final destination.')],
    leaves: 'unchanged',
  },
  wrongSystem: {
    runsForMs: 2_000,
    code: 1,
    output:
      "installer: Package name is SentinelOne\ninstaller: Cannot install on volume / because it is disabled.\ninstaller: SentinelOne can't be installed on this disk. This volume does not meet the requirements for this update.\n",
    leaves: 'unchanged',
  },
  noSpace: {
    runsForMs: 2_000,
    code: 1,
    output:
      'installer: Package name is SentinelOne\ninstaller: Error - There is not enough free space on the volume.\n',
    leaves: 'unchanged',
  },
  busy: {
    runsForMs: 2_000,
    code: 1,
    output: 'installer: Error - Another installation is in progress. Wait until it has finished and try again.\n',
    leaves: 'unchanged',
  },
  notTrusted: {
    runsForMs: 2_000,
    code: 1,
    output: failed(''),
    log: [domain(102, 'The package “SentinelOne.pkg” is untrusted.')],
    leaves: 'unchanged',
  },
  unknown: { runsForMs: 5_000, code: 1, output: failed(''), leaves: 'unchanged' },
  nothing: { runsForMs: 4_000, code: 0, output: begun, leaves: 'unchanged' },
} as const satisfies Record<string, InstallerScript>;

export interface InstallerStart {
  readonly atMs: number;
  readonly boot: number;
  readonly package: string;
  /** The token file lay beside the package when it looked. */
  readonly gotToken: boolean;
}

export class MacInstaller {
  /** Every start there ever was. */
  readonly starts: InstallerStart[] = [];
  /** For the coming starts; afterwards `always`. */
  readonly coming: InstallerScript[] = [];
  always: InstallerScript = scripts.works;
  readonly #mac: Mac;
  #running: number[] = [];

  constructor(mac: Mac) {
    this.#mac = mac;
  }

  running(): readonly number[] {
    return this.#running;
  }

  stop(): void {
    this.#running = [];
  }

  /** `print` appends to the output file that the start was given. */
  start({ args, environment }: Command, print: (text: string) => void): StartedProcess {
    const mac = this.#mac;
    const { host } = mac;
    const [flag, file = '', target, volume, ...rest] = args;
    if (flag !== '-pkg' || target !== '-target' || volume !== '/' || rest.length > 0)
      host.violations.push(`installer was started with ${JSON.stringify(args)}`);
    if (this.#running.length > 0) host.violations.push(`a second installer was started at ${host.time.nowMs}`);
    if (mac.product.programs) host.violations.push('an installer was started over a present product');
    const token = mac.tokenBeside(file);
    const given = `${args.join(' ')} ${JSON.stringify(environment)}`;
    if (token !== null && given.includes(token)) host.violations.push('the token stood in argv or the environment');
    const script = this.coming.shift() ?? this.always;
    this.starts.push({ atMs: host.time.nowMs, boot: host.boot, package: file, gotToken: token !== null });
    print(script.output);
    return this.#run(script, token);
  }

  #run(script: InstallerScript, token: string | null): StartedProcess {
    const mac = this.#mac;
    const { host } = mac;
    const pid = host.nextPid();
    this.#running.push(pid);
    mac.addProcess({ pid, parentPid: 1, uid: 0, program: '/usr/sbin/installer' });
    const { boot } = host;
    const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      if (script.runsForMs === null) return;
      host.time.at(host.time.nowMs + script.runsForMs, () => {
        if (host.boot !== boot) return;
        this.#running = this.#running.filter((each) => each !== pid);
        mac.removeProcess(pid);
        mac.writeLog(script.log ?? []);
        if (script.leaves === 'present') mac.installProduct(token);
        resolve({ code: script.code ?? 0, signal: null });
      });
    });
    return { pid, exited };
  }
}
