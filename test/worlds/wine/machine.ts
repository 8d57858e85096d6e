/**
 * Throw-away Windows machines: Wine in a writable layer over the lab's cached root, with namespaces of its own for processes
 * and mounts. It shares this machine's network: 127.0.0.1 inside is 127.0.0.1 outside.
 *
 * What must be kept in mind: standard output of a Windows program has to be a file (a pipe of Unix breaks the runtime in our
 * binaries); Wine cuts exit codes to eight bits, so a code is asked for inside; PowerShell, scheduled tasks and rights are
 * stubs that succeed and do nothing.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execInside, firstChildOf, spawnInside, type ExecResult } from '#test/worlds/lab/inside.ts';
import { layOver, liftOff, pauseSync } from '#test/worlds/lab/layer.ts';
import { cachedRoot, containerFolder } from '#test/worlds/lab/paths.ts';

/** A prefix of the root: 64-bit Windows with its 32-bit side, or 32-bit Windows. */
export type Windows = 'x64' | 'x86';

/** Wine's own server crashed and took the machine with it. Seen about once in eighty machines, each time at another place. */
export class WineCrashed extends Error {}

export interface WindowsMachine {
  /** Throws `WineCrashed` when it is lost. */
  requireAlive(): void;
  isLost(): boolean;
  /** Runs a Windows program to its end. `code` is what Windows says, all 32 bits of it; `stdin` is at its end at once. */
  run(argv: readonly string[], options?: RunOptions): Promise<ExecResult>;
  /** Starts one and leaves it running. */
  start(argv: readonly string[]): Running;
  /** "C:\\a\\b" as this machine sees it. */
  pathOnHost(path: string): string;
  write(path: string, content: string | Uint8Array): void;
  /** Empty when it does not exist. */
  read(path: string): string;
  exists(path: string): boolean;
  copyIn(hostPath: string, path: string): void;
  /** A file, or a folder with all that is in it. */
  remove(path: string): void;
  /** Paths of the files below a folder that hold a text, in one byte or in two bytes a letter. */
  filesHolding(folder: string, text: string): readonly string[];
  stop(): Promise<void>;
}

/** What there is before anything is known of the server. */
type Programs = Omit<WindowsMachine, 'stop' | 'requireAlive' | 'isLost'>;

export interface RunOptions {
  /** Default 120,000. */
  readonly timeoutMs?: number;
  readonly stdin?: string;
  /** Added to what Windows gives every program. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Running {
  /** Ends it as the task manager would: at once and unasked. What it has started lives on. */
  kill(): void;
  readonly ended: Promise<void>;
  /** Everything it has printed. */
  output(): string;
}

const programs = { PATH: '/usr/bin:/bin', HOME: '/root', LANG: 'C.UTF-8' };
const mounts = [
  'mount -t proc proc "$1/proc"',
  'mount --rbind /dev "$1/dev"',
  'mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"',
  // The first process, which every orphan falls to: it forgets them as they end.
  `exec chroot "$1" perl -e '$SIG{CHLD} = "IGNORE"; sleep while 1'`,
].join(' && ');
const live = new Set<{ leader: ChildProcess; folder: string }>();
let exitHookSet = false;

/**
 * What every Windows has and a new prefix does not: programs that are installed, in each view of the registry. Written into
 * Wine's own file of it before anything starts, which takes no time.
 */
function furnish(prefix: string, windows: Windows): void {
  const views = windows === 'x64' ? ['Software', 'Software\\\\Wow6432Node'] : ['Software'];
  const uninstall = 'Microsoft\\\\Windows\\\\CurrentVersion\\\\Uninstall\\\\Mozilla Firefox';
  const keys = views.map(
    (view) => `\n[${view}\\\\${uninstall}] 1767225600\n"DisplayName"="Mozilla Firefox (x64 en-US)"\n`,
  );
  appendFileSync(join(prefix, 'system.reg'), keys.join(''));
}

export async function startWindows(name: string, windows: Windows): Promise<WindowsMachine> {
  if (process.getuid?.() !== 0) throw new Error('The lab needs root');
  const folder = containerFolder(name);
  if (existsSync(folder)) liftOff(folder);
  mkdirSync(folder, { recursive: true });
  const root = layOver(cachedRoot('wine'), folder);
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const leader = spawn('unshare', [...namespaces, 'sh', '-c', mounts, 'sh', root], { stdio: 'ignore' });
  const machine = { leader, folder };
  live.add(machine);
  if (!exitHookSet) process.on('exit', () => live.forEach(discard));
  exitHookSet = true;
  try {
    return await boot(machine, root, windows);
  } catch (error) {
    discard(machine);
    throw error;
  }
}

async function boot(
  machine: { readonly leader: ChildProcess; readonly folder: string },
  root: string,
  windows: Windows,
): Promise<WindowsMachine> {
  const inside = await untilChrooted(machine.leader, root);
  const windowsMachine = machineOf(inside, join(root, `srv/windows-${windows}`), {
    ...programs,
    WINEPREFIX: `/srv/windows-${windows}`,
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree=;mshtml=',
  });
  furnish(join(root, `srv/windows-${windows}`), windows);
  const loss = await startServer(inside, windows);
  const requireAlive = (): void => {
    const why = loss();
    if (why !== null) throw new WineCrashed(why);
  };
  const booted = await windowsMachine.run(['cmd', '/c', 'ver']);
  requireAlive();
  if (booted.code !== 0 || !/Windows/.test(booted.stdout)) throw new Error(`Wine does not start: ${booted.stderr}`);
  return {
    ...windowsMachine,
    requireAlive,
    isLost: () => loss() !== null,
    async stop() {
      discard(machine);
      await pause(0);
    },
  };
}

/**
 * Stays between programs: else services that start by themselves would begin anew with every program. Should it end by itself,
 * everything that runs ends with it and what was registered meanwhile is lost: that is said aloud, and the answer tells.
 */
async function startServer(inside: number, windows: Windows): Promise<() => string | null> {
  const root = `/proc/${inside}/root`;
  const said = `/srv/windows-${windows}/server.log`;
  const env = { ...programs, WINEPREFIX: `/srv/windows-${windows}` };
  const server = spawnInside(inside, ['sh', '-c', 'exec wineserver -f -p >"$1" 2>&1', 'sh', said], env);
  let lost: string | null = null;
  server.once('exit', (code, signal) => {
    if (!existsSync(root)) return;
    lost = `Wine's server ended by itself (${code ?? signal}): ${readOrEmpty(root + said)}`;
    process.stderr.write(`${lost}\n`);
  });
  for (let tries = 0; tries < 400; tries += 1) {
    if (readdirSync(`${root}/tmp`, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('/socket')))
      return () => lost;
    await pause(25);
  }
  throw new Error(`Wine's server does not start: ${readOrEmpty(root + said)}`);
}

/** The process inside, once it stands in the root. */
async function untilChrooted(leader: ChildProcess, root: string): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const pid = firstChildOf(leader.pid ?? 0);
    if (pid > 0 && readOrEmpty(`/proc/${pid}/comm`).trim() === 'perl') return pid;
    await pause(25);
  }
  throw new Error(`no namespaces over ${root}`);
}

type Environment = Readonly<Record<string, string>>;

function machineOf(inside: number, prefix: string, env: Environment): Programs {
  let count = 0;
  const pathOnHost = (path: string): string => {
    const parts = /^C:\\(.*)$/i.exec(path)?.[1];
    if (parts === undefined) throw new Error(`not a path on C: ${path}`);
    return parts.split('\\').reduce(below, join(prefix, 'drive_c'));
  };
  const fresh = (): string => pathOnHost(`C:\\lab\\${(count += 1)}`);
  mkdirSync(pathOnHost('C:\\lab'), { recursive: true });
  return {
    pathOnHost,
    exists: (path) => existsSync(pathOnHost(path)),
    read: (path) => readOrEmpty(pathOnHost(path)),
    write(path, content) {
      mkdirSync(dirname(pathOnHost(path)), { recursive: true });
      writeFileSync(pathOnHost(path), content);
    },
    copyIn(hostPath, path) {
      mkdirSync(dirname(pathOnHost(path)), { recursive: true });
      copyFileSync(hostPath, pathOnHost(path));
      chmodSync(pathOnHost(path), 0o755);
    },
    remove: (path) => rmSync(pathOnHost(path), { recursive: true, force: true }),
    filesHolding(folder, text) {
      const forms = [Buffer.from(text), Buffer.from(text, 'utf16le')];
      return readdirSync(pathOnHost(folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((file) => forms.some((form) => bytesOf(file).includes(form)));
    },
    async run(argv, { timeoutMs = 120_000, stdin = '', env: more = {} } = {}) {
      const base = fresh();
      writeFileSync(`${base}.in`, stdin);
      writeFileSync(`${base}.bat`, batch(argv));
      const [out, err] = [`${base}.out`, `${base}.err`];
      const name = `C:\\lab\\${count}.bat`;
      const shell = ['sh', '-c', 'exec wine cmd /c "$1" <"$2" >"$3" 2>"$4"', 'sh', name];
      const files = [`${base}.in`, out, err].map((file) => file.slice(file.indexOf('/srv/windows-')));
      const result = await execInside(inside, [...shell, ...files], { timeoutMs, env: { ...env, ...more } });
      const code = Number(readOrEmpty(`${base}.code`).trim() || '-1');
      const answer = { code, stdout: readOrEmpty(out), stderr: readOrEmpty(err), timedOut: result.timedOut };
      for (const part of ['in', 'bat', 'out', 'err', 'code']) rmSync(`${base}.${part}`, { force: true });
      return answer;
    },
    start(argv) {
      const out = `${fresh()}.log`;
      const file = out.slice(out.indexOf('/srv/windows-'));
      const child = spawnInside(
        inside,
        ['sh', '-c', 'f=$1; shift; exec wine "$@" </dev/null >"$f" 2>&1', 'sh', file, ...argv],
        env,
      );
      child.stdout?.resume();
      child.stderr?.resume();
      return {
        kill: () => processesOf(inside, argv).forEach((pid) => process.kill(pid, 'SIGKILL')),
        ended: new Promise((resolve) => child.once('exit', () => resolve())),
        output: () => readOrEmpty(out),
      };
    },
  };
}

/** Numbers on this machine of the Windows processes of that program and first argument, among those of one machine. */
function processesOf(inside: number, argv: readonly string[]): readonly number[] {
  const namespace = (pid: string): string => {
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`);
    } catch {
      return '';
    }
  };
  const own = namespace(String(inside));
  const beginning = argv.slice(0, 2).join('\0');
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && readOrEmpty(`/proc/${pid}/cmdline`).startsWith(beginning))
    .filter((pid) => namespace(pid) === own)
    .map(Number);
}

/** Windows does not tell upper from lower case; a name that is not there yet is taken as it is written. */
function below(folder: string, name: string): string {
  const exact = join(folder, name);
  if (existsSync(exact) || !existsSync(folder)) return exact;
  const found = readdirSync(folder).find((other) => other.toLowerCase() === name.toLowerCase());
  return found === undefined ? exact : join(folder, found);
}

/** As the command interpreter takes it; the program's code ends in a file beside. */
function batch(argv: readonly string[]): string {
  if (argv.some((word) => /["%\r\n]/.test(word)))
    throw new Error('a word with a quotation mark, a percent sign or a line end');
  const words = argv.map((word) => (/^[\w\\:./=,-]+$/.test(word) ? word : `"${word}"`));
  return `@echo off\r\n${words.join(' ')}\r\n>%~dpn0.code echo %ERRORLEVEL%\r\n`;
}

function discard(machine: { leader: ChildProcess; folder: string }): void {
  live.delete(machine);
  const init = firstChildOf(machine.leader.pid ?? 0);
  if (init > 1) {
    process.kill(init, 'SIGKILL');
    // Its namespaces hold the layer until the last of their processes is gone.
    for (let tries = 0; isRunning(init) && tries < 200; tries += 1) pauseSync(25);
  }
  liftOff(machine.folder);
}

/** Not merely an entry that its parent has yet to collect. */
function isRunning(pid: number): boolean {
  return /\) [^ZX] /.test(readOrEmpty(`/proc/${pid}/stat`));
}

/** Nothing for a file that is gone meanwhile. */
function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
