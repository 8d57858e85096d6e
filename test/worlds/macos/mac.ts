/** One Mac: what is on it, beyond what every host has (disk, time, processes of the agent). Changed by tests and by its installer. */
import type { Host } from '#test/worlds/host/host.ts';
import { Launchd, ownJobs } from '#test/worlds/macos/launchd.ts';
import { MacInstaller } from '#test/worlds/macos/installer.ts';
import { noProduct, product, type MacProduct } from '#test/worlds/macos/product.ts';

export interface MacProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly uid: number;
  readonly realUid?: number;
  /** What the kernel runs. */
  readonly program: string;
  /** The kernel's short name for it, when it was started under another one. */
  readonly name?: string;
}

export interface MacExtension {
  readonly teamId: string;
  readonly bundleId: string;
  readonly version: string;
  readonly state: string;
}

/** Another product, as much of it as is there. */
export interface Antivirus {
  readonly extensions: readonly MacExtension[];
  readonly daemons: readonly string[];
  readonly bundles: readonly { readonly path: string; readonly id: string }[];
  readonly receipts: readonly string[];
  readonly paths: readonly string[];
  readonly programs: readonly string[];
}

export const falcon: Antivirus = {
  extensions: [
    { teamId: 'X9E956P446', bundleId: 'com.crowdstrike.falcon.Agent', version: '7.17', state: 'activated enabled' },
  ],
  daemons: ['com.crowdstrike.falcond'],
  bundles: [{ path: '/Applications/Falcon.app', id: 'com.crowdstrike.falcon.App' }],
  receipts: ['com.crowdstrike.falcon.App'],
  paths: ['/Applications/Falcon.app', '/Library/CS'],
  programs: ['/Applications/Falcon.app/Contents/Resources/falcond'],
};

/** Removed, and kept by the system until the next start. */
export const falconUntilRestart: Antivirus = {
  extensions: [
    {
      teamId: 'X9E956P446',
      bundleId: 'com.crowdstrike.falcon.Agent',
      version: '7.17',
      state: 'terminated waiting to uninstall on reboot',
    },
  ],
  daemons: [],
  bundles: [],
  receipts: [],
  paths: [],
  programs: [],
};

const tokenFile = 'com.sentinelone.registration-token';
const installLog = '/var/log/install.log';

export class Mac {
  readonly host: Host;
  readonly installer: MacInstaller;
  /** The agent's own daemon, and its watcher. */
  readonly launchd: Launchd;
  readonly watcher: Launchd;
  product: MacProduct = noProduct;
  /** How far a management server has approved the product beforehand, by profiles. */
  managed: 'fully' | 'without privacy' | 'no' = 'fully';
  /** What is approved in the end: by a profile, or by whoever sits there. */
  approvals = { fullDiskAccess: true, networkExtension: true };
  antivirus: Antivirus[] = [];
  /** From the end of an install until it is connected; null: never. */
  connectsAfterMs: number | null = 6_000;
  version = '15.3';
  /** By program, an answer in place of the right one: how a look fails. */
  readonly broken = new Map<
    string,
    { readonly code: number | null; readonly stdout: string; readonly stderr: string }
  >();
  /** What others than root could have written, and how it is said. */
  readonly distrusted = new Map<string, string>();
  /** Not on this Mac, whatever else says that it is. */
  readonly missing = new Set<string>();
  /** Files of launch daemons that are not loaded. */
  readonly daemonFiles = new Set<string>();
  /** Programs of the agent itself. */
  readonly ownPrograms = new Set<string>();
  /** Loaded by a `bootstrap`, started by a `kickstart`. */
  readonly started: string[] = [];
  /** Team that codesign finds in the product's signature. */
  signedBy: string = product.teamId;
  /** Everything that was asked, in order: program and arguments. */
  readonly asked: string[] = [];
  readonly #processes = new Map<number, MacProcess>();
  readonly #starts = new Map<number, number>();

  constructor(host: Host) {
    this.host = host;
    this.installer = new MacInstaller(this);
    this.launchd = new Launchd(host.time, ownJobs.agent);
    this.watcher = new Launchd(host.time, ownJobs.watcher);
    host.onPowerOff = () => {
      this.installer.stop();
      this.#processes.clear();
      this.#starts.clear();
    };
  }

  addProcess(process: MacProcess): void {
    this.#processes.set(process.pid, process);
  }

  removeProcess(pid: number): void {
    this.#processes.delete(pid);
  }

  /** Everything that runs now. */
  processes(): readonly MacProcess[] {
    const launchd = { pid: 1, parentPid: 0, uid: 0, program: '/sbin/launchd' };
    const agent = '/Library/Garrison/garrison-agent';
    const own = [...this.host.processes].map(({ pid }) => ({ pid, parentPid: 1, uid: 0, program: agent }));
    const others = this.antivirus.flatMap(({ programs }) =>
      programs.map((program, index) => ({ pid: 500 + index, parentPid: 1, uid: 0, program })),
    );
    return [launchd, ...others, ...this.#processes.values(), ...own];
  }

  /** Wall clock at which a process was first seen, which for the agent's own is its start. */
  startedAtMs(pid: number): number {
    const known = this.#starts.get(pid) ?? this.host.wallNow();
    this.#starts.set(pid, known);
    return known;
  }

  tokenBeside(file: string): string | null {
    const node = this.host.disk.lookup(`${file.slice(0, file.lastIndexOf('/'))}/${tokenFile}`);
    return node?.kind === 'file' ? node.bytes.toString('utf8') : null;
  }

  installProduct(token: string | null): void {
    const { fullDiskAccess, networkExtension } = this.approvals;
    this.product = {
      receipt: true,
      programs: true,
      daemon: 'running',
      enabled: true,
      fullDiskAccess,
      networkExtension: networkExtension ? 'enabled' : 'waiting for user',
      connectedFromMs: this.connectsAfterMs === null ? null : this.host.time.nowMs + this.connectsAfterMs,
      registration: token === null ? null : registrationOf(token),
    };
  }

  /** Lines with their time, as the system writes them; its zone is an hour east of Greenwich. */
  writeLog(lines: readonly string[]): void {
    const { disk } = this.host;
    const wallMs = this.host.wallNow();
    const stamp = new Date(wallMs + 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    const text = lines.map((line) => `${stamp}+01 Mac ${line}\n`).join('');
    const there = disk.lookup(installLog);
    if (there?.kind === 'file') return disk.write(there, Buffer.from(text), wallMs);
    let directory = disk.root;
    for (const name of ['var', 'log']) {
      const found = directory.entries.get(name);
      directory = found?.kind === 'directory' ? found : disk.makeDirectory(directory, name);
    }
    disk.write(disk.makeFile(directory, 'install.log', wallMs), Buffer.from(text), wallMs);
  }
}

function registrationOf(token: string): MacProduct['registration'] {
  const content = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as { url: string; site_key: string };
  return { url: content.url, siteKey: content.site_key };
}
