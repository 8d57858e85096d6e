import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Postgres {
  /** `postgres://user:password@127.0.0.1:port/database`, a superuser of this server alone. */
  readonly url: string;
  stop(): Promise<void>;
}

const debianPrograms = '/usr/lib/postgresql';

function programs(): string {
  const newest = readdirSync(debianPrograms)
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => b - a)[0];
  if (newest === undefined) throw new Error(`no PostgreSQL under ${debianPrograms}`);
  return join(debianPrograms, String(newest), 'bin');
}

/** PostgreSQL refuses to run as root: then it gets the user that Debian made for it. */
function serverUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (kind: string): number => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** A new, empty server on a free loopback port with a random password, gone without trace after `stop`. */
export async function startPostgres(): Promise<Postgres> {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-postgres-'));
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, password);
  chmodSync(directory, 0o755);
  const user = { cwd: directory, ...serverUser() };
  if (user.uid !== undefined) execFileSync('chown', ['-R', 'postgres', directory]);
  const data = join(directory, 'data');
  const first = [
    '-U',
    'garrison',
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale',
    'C',
    '--no-sync',
  ];
  await promisify(execFile)(join(programs(), 'initdb'), ['-D', data, ...first], user);
  const port = await freePort();
  const settings = [`port=${port}`, `unix_socket_directories=${directory}`, 'listen_addresses=127.0.0.1', 'fsync=off'];
  const options = ['-D', data, ...settings.flatMap((one) => ['-c', one])];
  const server = spawn(join(programs(), 'postgres'), options, { ...user, stdio: ['ignore', 'ignore', 'pipe'] });
  const url = `postgres://garrison:${password}@127.0.0.1:${port}/postgres`;
  try {
    await untilReady(server);
  } catch (error) {
    await stop(server, directory);
    throw error;
  }
  return { url, stop: () => stop(server, directory) };
}

async function untilReady(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`PostgreSQL is not ready after 30 s\n${said}`)), 30_000);
    server.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
      if (!said.includes('ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
    server.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`PostgreSQL ended with ${code}\n${said}`));
    });
  });
}

async function stop(server: ChildProcess, directory: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGINT');
    await ended;
  }
  rmSync(directory, { recursive: true, force: true });
}
