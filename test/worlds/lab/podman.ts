/** Images and containers of a store of its own, made and run by Podman with runc; no registry is asked for anything. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cachedRoot, containerFolder } from './paths.ts';

export interface Podman {
  /** Gives the output, and throws with all of it when the command fails. */
  run(args: readonly string[]): Promise<string>;
  exec(args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  /** A command of this machine, to its end, in the network of a running container. */
  inNetworkOf(container: string, argv: readonly string[]): Promise<string>;
  /** Ends every container and removes everything. */
  stop(): void;
}

/** What this machine lets a process without CAP_SYS_RESOURCE have; the default of Podman is above it. */
const limits = ['--ulimit', 'nofile=16384:16384', '--ulimit', 'nproc=4096:4096'];

/** Of `run`: files only below volumes can be written, there is no network but loopback, and no timer of systemd asks for health. */
export const walledIn = ['--read-only', '--read-only-tmpfs=false', '--network=none', '--no-healthcheck', ...limits];

/** A new store that holds the lab's small Debian under the name that Dockerfiles begin with. */
export async function startPodman(name: string, base: string): Promise<Podman> {
  const folder = containerFolder(name);
  const places = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')];
  const manner = ['--storage-driver=overlay', '--runtime=runc', '--cgroup-manager=cgroupfs', '--events-backend=none'];
  const remove = (): void => {
    spawnSync('podman', [...places, ...manner, 'rm', '--all', '--force', '--time=0'], { stdio: 'ignore' });
    rmSync(folder, { recursive: true, force: true });
  };
  const exec: Podman['exec'] = (args) => collect('podman', [...places, ...manner, ...args]);
  const run: Podman['run'] = async (args) => demand(await exec(args), args);
  remove();
  mkdirSync(folder, { recursive: true });
  process.once('exit', remove);
  const script = 'tar -C "$1" -c . | { shift; exec podman "$@"; }';
  const imported = [...places, ...manner, 'import', '--quiet', '-', base];
  demand(await collect('sh', ['-c', script, 'sh', cachedRoot('image'), ...imported]), imported);
  return {
    run,
    exec,
    async inNetworkOf(container, argv) {
      const pid = (await run(['inspect', '--format', '{{.State.Pid}}', container])).trim();
      return demand(await collect('nsenter', ['-t', pid, '-n', ...argv]), argv);
    },
    stop() {
      process.off('exit', remove);
      remove();
    },
  };
}

type Ended = Awaited<ReturnType<Podman['exec']>>;

function demand({ code, stdout, stderr }: Ended, argv: readonly string[]): string {
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

function collect(program: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const parts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => (parts[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 255, ...parts }));
  });
}
