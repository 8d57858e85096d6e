import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { posixEnvironment } from '#platform/environment.ts';
import { LinuxFiles } from '#platform/linux/files.ts';
import { killTree } from '#platform/linux/kill-tree.ts';
import { resolveProgram, Runner } from '#platform/linux/runner.ts';
import { faultFrom } from '#test/platform/fault.ts';
import { linuxWorld, type LinuxWorld } from '#test/platform/linux/world.ts';

let world: LinuxWorld;
let runner: Runner;

beforeEach(async () => {
  world = await linuxWorld();
  const files = new LinuxFiles({ expectedUid: process.getuid?.() ?? 0, trustedRoot: world.root });
  runner = new Runner({ files, scratchDirectory: join(world.root, 'scratch'), proxy: null });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.cleanup();
});

const shell = (script: string, limits = {}) => runner.run({ program: '/bin/sh', args: ['-c', script] }, limits);
const gone = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
};

describe('G8 the environment of a child is made from nothing', () => {
  it('holds PATH, LANG, LC_ALL and a private empty HOME', async () => {
    vi.stubEnv('LD_PRELOAD', '/tmp/evil.so');
    vi.stubEnv('NODE_OPTIONS', '--no-warnings');
    vi.stubEnv('https_proxy', 'http://127.0.0.1:1');
    vi.stubEnv('HOME', '/tmp/evil');
    const result = await shell('env; pwd; stat -c %a "$HOME"; ls -A "$HOME" | wc -l; readlink /proc/self/fd/0');
    const lines = result.stdout.trim().split('\n');
    const home = lines.find((line) => line.startsWith('HOME='))?.slice(5) ?? '';
    expect(home.startsWith(join(world.root, 'scratch', 'home-'))).toBe(true);
    const own = ['_', 'OLDPWD', 'PWD', 'SHLVL'];
    const names = lines.filter((line) => line.includes('=')).map((line) => line.split('=')[0] ?? '');
    const sorted = names.filter((name) => !own.includes(name)).sort();
    expect(sorted).toEqual(['HOME', 'LANG', 'LC_ALL', 'PATH']);
    expect(lines.slice(-4)).toEqual(['/', '700', '0', '/dev/null']);
    expect(existsSync(home)).toBe(false);
    expect(readdirSync(join(world.root, 'scratch'))).toEqual([]);
  });

  it('holds the proxy of the local configuration and what a recipe adds', () => {
    const parts = { home: '/h', proxy: 'http://p:1', added: { DEBIAN_FRONTEND: 'noninteractive' } };
    expect(posixEnvironment(parts)).toMatchObject({ https_proxy: 'http://p:1', DEBIAN_FRONTEND: 'noninteractive' });
  });

  it.each(['PATH', 'HOME', 'LD_PRELOAD', 'NODE_OPTIONS', 'BASH_ENV', 'PYTHONPATH', 'bad name', 'A=B', ''])(
    'refuses a recipe that adds %j',
    (name) => {
      const attempt = () => posixEnvironment({ home: '/h', proxy: null, added: { [name]: 'x' } });
      expect(attempt).toThrow(/must not hold/);
    },
  );
});

describe('F3 a foreign HOME', () => {
  it('with a .dpkg.cfg and a .rpmmacros is never seen by a child', async () => {
    const home = join(world.root, 'victim');
    mkdirSync(home);
    writeFileSync(join(home, '.dpkg.cfg'), 'pre-invoke="touch /tmp/never"\n');
    vi.stubEnv('HOME', home);
    const result = await shell('cat "$HOME/.dpkg.cfg"');
    expect(result.code).not.toBe(0);
    expect(result.stdout).toBe('');
  });
});

describe('a probe', () => {
  it('passes arguments as they are', async () => {
    const args = ['-n', '-e', '$(id) `id` ; rm -rf / && "quoted" \'single\' *\n--next'];
    const result = await runner.run({ program: '/usr/bin/printf', args: ['%s|', ...args] });
    expect(result.stdout).toBe(args.map((arg) => `${arg}|`).join(''));
  });

  it('tells exit code and both outputs, and feeds standard input', async () => {
    expect(await shell('echo out; echo err >&2; exit 7')).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
      truncated: false,
    });
    const fed = await runner.run({ program: '/bin/cat', args: [] }, {}, { stdin: 'secret\n' });
    expect(fed.stdout).toBe('secret\n');
  });

  it('is killed with its whole tree at the time limit, sessions of its own included', async () => {
    const pids = join(world.root, 'pids');
    const tree = `sleep 300 & echo $! >> ${pids}; setsid sh -c 'echo $$ >> ${pids}; exec sleep 300' & sleep 300`;
    const result = await shell(tree, { timeoutMs: 500 });
    expect(result).toMatchObject({ timedOut: true, code: null });
    const started = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
    expect(started).toHaveLength(2);
    await vi.waitFor(() => expect(started.map(gone)).toEqual([true, true]));
  });

  it('is killed at the output cap', async () => {
    const result = await shell('yes & yes', { outputBytesMax: 10_000, timeoutMs: 10_000 });
    expect(result).toMatchObject({ truncated: true, timedOut: false, code: null });
    expect(result.stdout).toHaveLength(10_000);
  });

  it('does not wait for a daemon that keeps its output open, and lets it live', async () => {
    const began = Date.now();
    const result = await shell('sleep 60 & echo $!', { timeoutMs: 10_000 });
    expect(result).toMatchObject({ code: 0, timedOut: false });
    expect(Date.now() - began).toBeLessThan(5_000);
    const daemon = Number(result.stdout);
    expect(gone(daemon)).toBe(false);
    process.kill(daemon, 'SIGKILL');
  });

  it('cannot run what is not listed, nor start what is not there', async () => {
    expect((await faultFrom(() => runner.probe({ program: 'sh', args: [] }))).code).toBe('agent.defect');
    expect((await faultFrom(() => runner.probe({ program: 'constructor', args: [] }))).code).toBe('agent.defect');
    const missing = () => runner.run({ program: '/nonexistent/secret-tool', args: ['token-value'] });
    const fault = await faultFrom(missing);
    expect(fault.code).toBe('agent.defect');
    expect(fault.message).not.toContain('token-value');
  });

  it('finds listed programs where only root can have put them', async () => {
    const dpkg = execFileSync('sh', ['-c', 'command -v dpkg-query'], { encoding: 'utf8' }).trim();
    expect(await resolveProgram('dpkg-query')).toEqual({ status: 'ok', value: dpkg });
    expect(await resolveProgram('needs-restarting')).toMatchObject({ status: 'unsupported' });
  });
});

describe('handles', () => {
  it('are given back with each probe, not when memory is cleaned up one day', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    await shell('true');
    const before = open();
    for (let times = 0; times < 20; times++) await shell('true');
    expect(open()).toBeLessThan(before + 10);
  });

  it('of a directory that was closed reach nothing any more', async () => {
    const closed = await runner.withPrivate('home', async (directory) => directory);
    await expect(closed.read('x', 10)).rejects.toMatchObject({ code: 'agent.defect' });
  });
});

describe('killing', () => {
  it.each([0, 1, -1, 1.5, Number.NaN])('never takes %d for a child', (pid) => {
    expect(() => killTree(pid)).toThrow(/not a child/);
  });
});

describe('an installer', () => {
  const start = async (args: readonly string[], environment = {}) =>
    world.platform.startInstaller(
      { program: 'dpkg-deb', args },
      { directory: join(world.root, 'attempt'), outputFile: 'output', environment },
    );
  const output = () => readFileSync(join(world.root, 'attempt', 'output'), 'utf8');

  it('appends to its file, tells its end and who it was', async () => {
    const running = await start(['--version']);
    expect(running.identity.pid).toBeGreaterThan(1);
    expect(running.identity.startTime).toMatch(/^\d+$/);
    expect(await running.exited).toEqual({ code: 0, signal: null });
    const once = output();
    expect(once).toContain('dpkg-deb');
    await (
      await start(['--version'])
    ).exited;
    expect(output()).toBe(once + once);
    await vi.waitFor(async () => expect(await world.platform.isAlive(running.identity)).toBe(false));
  });

  it('does not write through a link', async () => {
    const state = await world.platform.files.openPrivateDirectory(join(world.root, 'attempt'));
    writeFileSync(join(world.root, 'outside'), '');
    execFileSync('ln', ['-s', join(world.root, 'outside'), join(state.path, 'output')]);
    expect((await faultFrom(() => start(['--version']))).code).toBe('file.untrusted');
    expect(readFileSync(join(world.root, 'outside'), 'utf8')).toBe('');
  });

  it('whose program the machine does not have is told apart: the shim then takes the next one', async () => {
    const attempt = world.platform.startInstaller(
      { program: 'zypper', args: [] },
      { directory: join(world.root, 'attempt'), outputFile: 'output', environment: {} },
    );
    expect((await faultFrom(() => attempt)).code).toBe('install.program-missing');
  });

  it('writes only into its own directory', async () => {
    const attempt = world.platform.startInstaller(
      { program: 'dpkg-deb', args: [] },
      { directory: join(world.root, 'attempt'), outputFile: join(world.root, 'elsewhere'), environment: {} },
    );
    expect((await faultFrom(() => attempt)).code).toBe('agent.defect');
  });
});

describe('a process identity', () => {
  it('is alive while the process runs and not for a later one with its number', async () => {
    const child = spawn('/bin/sleep', ['60']);
    const pid = child.pid ?? 0;
    const { bootId } = await world.platform.machine();
    const startTime = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21] ?? '';
    expect(await world.platform.isAlive({ pid, startTime, bootId })).toBe(true);
    expect(await world.platform.isAlive({ pid, startTime: '1', bootId })).toBe(false);
    expect(await world.platform.isAlive({ pid, startTime, bootId: 'another boot' })).toBe(false);
    child.kill('SIGKILL');
    await vi.waitFor(async () => expect(await world.platform.isAlive({ pid, startTime, bootId })).toBe(false));
  });
});
