/** Throw-away Linux machines: real systemd in a container over one of the lab's cached roots. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeGroups, removeGroups } from './cgroup.ts';
import { execInside, firstChildOf, spawnInside, type ExecOptions, type ExecResult } from './inside.ts';
import { layOver, liftOff, pauseSync } from './layer.ts';
import { cachedRoot, containerFolder, type RootName } from './paths.ts';

export type { ExecOptions, ExecResult } from './inside.ts';

interface Bind {
  readonly host: string;
  readonly guest: string;
  readonly readOnly?: boolean;
}

export interface ContainerOptions {
  readonly root: RootName;
  /** Also the host name inside. A container left over under the same name is removed first. */
  readonly name: string;
  readonly binds?: readonly Bind[];
  /** Host name → address, for the hosts file inside. There is no other name resolution. */
  readonly hosts?: Readonly<Record<string, string>>;
}

/** A booted container. It shares the machine's network: 127.0.0.1 inside is 127.0.0.1 outside. */
export interface Container {
  readonly name: string;
  /** The pid of its init as this machine sees it; another one after a reboot. */
  readonly pid: number;
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Like `exec`; gives the output, and throws with all of it when the program fails. */
  run(argv: readonly string[], options?: ExecOptions): Promise<string>;
  /** Starts a program and leaves it running; `kill` of the returned child reaches the program itself. */
  spawn(argv: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  writeFile(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  readFile(path: string): Promise<string>;
  /** Copies a file of this machine in; not below /run, /tmp, /proc, /sys or /dev, which exist only inside. */
  copyIn(hostPath: string, path: string, mode?: number): void;
  /** The same file seen from this machine; not below the folders named at `copyIn`, and links are not followed inside. */
  pathOnHost(path: string): string;
  /** An orderly restart: files stay, /run and /tmp are empty, the boot id is new. */
  reboot(): Promise<void>;
  /** The power fails and comes back: every process ends at once, unasked. What the page cache held survives. */
  powerCut(): Promise<void>;
  /** Powers it off and removes everything. */
  stop(): Promise<void>;
}

interface Machine {
  readonly options: ContainerOptions;
  readonly folder: string;
  readonly root: string;
  leader: number;
  supervisor: ChildProcess;
  ended: Promise<number>;
}

const live = new Set<Machine>();
let exitHookSet = false;

export async function startContainer(options: ContainerOptions): Promise<Container> {
  if (!/^[a-z0-9][a-z0-9-]{0,50}$/.test(options.name)) throw new Error(`Not a container name: ${options.name}`);
  if (process.getuid?.() !== 0) throw new Error('The lab needs root');
  const folder = containerFolder(options.name);
  await removeLeftover(options.name, folder);
  mkdirSync(folder, { recursive: true });
  const root = layOver(cachedRoot(options.root), folder);
  giveIdentity(root, options);
  const machine: Machine = { options, folder, root, ...launch(options, folder, root) };
  live.add(machine);
  if (!exitHookSet) process.on('exit', () => live.forEach(discard));
  exitHookSet = true;
  await untilBooted(machine);
  return containerOf(machine);
}

function giveIdentity(root: string, { name, hosts }: ContainerOptions): void {
  writeFileSync(join(root, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  writeFileSync(join(root, 'etc/hostname'), `${name}\n`);
  writeFileSync(join(root, 'etc/resolv.conf'), '');
  const lines = Object.entries(hosts ?? {}).map(([host, address]) => `${address} ${host}\n`);
  writeFileSync(join(root, 'etc/hosts'), `127.0.0.1 localhost ${name}\n::1 localhost\n${lines.join('')}`);
}

function launch(
  options: ContainerOptions,
  folder: string,
  root: string,
): Pick<Machine, 'leader' | 'supervisor' | 'ended'> {
  const groups = makeGroups(options.name);
  const binds = (options.binds ?? []).map((bind) => `--bind${bind.readOnly ? '-ro' : ''}=${bind.host}:${bind.guest}`);
  const nspawn = ['systemd-nspawn', '--quiet', '--register=no', '--keep-unit', '--settings=no', `--directory=${root}`];
  const manner = ['--boot', '--console=read-only', `--machine=${options.name}`, '--resolv-conf=off', '--timezone=off'];
  const joinGroups = 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs"; shift; done; shift; exec "$@"';
  const log = openSync(join(folder, 'boot.log'), 'a');
  const argv = ['-c', joinGroups, 'sh', ...groups, '--', ...nspawn, ...manner, '--link-journal=no', ...binds];
  // Detached: a Ctrl-C for the tests must not hit the supervisor, which never gets a signal from us.
  const supervisor = spawn('sh', argv, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const ended = new Promise<number>((resolve) => {
    supervisor.once('exit', (code) => resolve(code ?? 255));
    supervisor.once('error', () => resolve(255));
  });
  supervisor.unref();
  return { leader: 0, supervisor, ended };
}

async function untilBooted(machine: Machine): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    if (machine.supervisor.exitCode !== null) break;
    machine.leader = leaderOf(machine.supervisor.pid ?? 0);
    if (machine.leader > 0) {
      const { stdout } = await execInside(machine.leader, ['systemctl', 'is-system-running'], { timeoutMs: 5000 });
      if (/^(running|degraded)$/m.test(stdout)) {
        writeFileSync(join(machine.folder, 'leader'), `${machine.leader}`);
        return;
      }
    }
    await pause(50);
  }
  const log = readFileSync(join(machine.folder, 'boot.log'), 'utf8').slice(-4000);
  discard(machine);
  throw new Error(`The container ${machine.options.name} did not boot:\n${log}`);
}

/** The guest's init: systemd-nspawn's only child, once it has become systemd. */
function leaderOf(supervisor: number): number {
  const pid = firstChildOf(supervisor);
  return pid > 0 && readOrEmpty(`/proc/${pid}/comm`).trim() === 'systemd' ? pid : 0;
}

function containerOf(machine: Machine): Container {
  const { options, root } = machine;
  const exec: Container['exec'] = (argv, settings) => execInside(machine.leader, argv, settings);
  const run: Container['run'] = async (argv, settings) => {
    const result = await exec(argv, settings);
    if (result.code === 0) return result.stdout;
    throw new Error(`${argv.join(' ')} ended with ${result.code}:\n${result.stdout}\n${result.stderr}`);
  };
  const pathOnHost: Container['pathOnHost'] = (path) => {
    const clean = normalize(`/${path}`);
    if (/^\/(run|tmp|proc|sys|dev)(\/|$)/.test(clean)) throw new Error(`${clean} exists only inside the container`);
    return join(root, clean);
  };
  return {
    name: options.name,
    get pid() {
      return machine.leader;
    },
    exec,
    run,
    spawn: (argv, env) => spawnInside(machine.leader, argv, env),
    async writeFile(path, content, mode = 0o644) {
      const script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';
      await run(['sh', '-c', script, 'sh', path, mode.toString(8)], { stdin: content });
    },
    readFile: (path) => run(['cat', '--', path]),
    copyIn(hostPath, path, mode = 0o644) {
      const target = pathOnHost(path);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(hostPath, target);
      chmodSync(target, mode);
    },
    pathOnHost,
    async reboot() {
      await exec(['systemctl', '--no-block', 'reboot']);
      await ending(machine);
      await startAgain(machine);
    },
    async powerCut() {
      process.kill(machine.leader, 'SIGKILL');
      await ending(machine);
      await startAgain(machine);
    },
    async stop() {
      if (machine.supervisor.exitCode === null) await exec(['systemctl', '--no-block', 'poweroff']);
      await ending(machine);
      discard(machine);
    },
  };
}

/** Waits for the container's end; after 30 s its init is killed, which the supervisor sees as a power-off. */
async function ending(machine: Machine): Promise<void> {
  const patience = new AbortController();
  const late = pause(30_000, true, { signal: patience.signal }).catch(() => false);
  if (await Promise.race([machine.ended.then(() => false), late])) killLeader(machine.leader);
  await machine.ended;
  patience.abort();
}

async function startAgain(machine: Machine): Promise<void> {
  removeGroups(machine.options.name);
  Object.assign(machine, launch(machine.options, machine.folder, machine.root));
  await untilBooted(machine);
}

/** Ends what still runs and removes every trace. Synchronous: it also runs while this process exits. */
function discard(machine: Machine): void {
  live.delete(machine);
  const supervisor = machine.supervisor.pid ?? 0;
  if (machine.supervisor.exitCode === null) {
    killLeader(machine.leader || leaderOf(supervisor));
    for (let tries = 0; isRunning(supervisor) && tries < 100; tries += 1) pauseSync(50);
  }
  liftOff(machine.folder);
  removeGroups(machine.options.name);
}

function killLeader(leader: number): void {
  try {
    if (leader > 1) process.kill(leader, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** Not merely an entry that its parent has yet to collect. */
function isRunning(pid: number): boolean {
  return /\) [^ZX] /.test(readOrEmpty(`/proc/${pid}/stat`));
}

/** A test process that was killed leaves its container running: its init is known by name and control group. */
async function removeLeftover(name: string, folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const leader = Number(readOrEmpty(join(folder, 'leader')));
  if (readOrEmpty(`/proc/${leader}/cgroup`).includes(`/garrison-lab-${name}/`)) {
    killLeader(leader);
    for (let tries = 0; existsSync(`/proc/${leader}`) && tries < 100; tries += 1) await pause(50);
  }
  liftOff(folder);
  removeGroups(name);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
