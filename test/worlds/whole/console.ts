/** The console as a user runs it: set up and started by its own commands, stopped and started again as a test likes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';

const root = join(import.meta.dirname, '../../..');
const program = [join(root, 'console/main.ts')];
const readyWithinMs = 20_000;

export interface ConsoleOptions {
  readonly dataDirectory: string;
  /** `host:port` of the SentinelOne consoles whose site tokens devices may use. */
  readonly vendorHosts: readonly string[];
  readonly devicePort?: number;
  readonly operatorPort?: number;
  /** Added to its environment: `DATABASE_URL` for PostgreSQL. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ConsoleProcess {
  readonly deviceAddress: string;
  readonly operatorAddress: string;
  /** Printed once by `init`. */
  readonly ownerKey: string;
  /** Of the first administrator's link. */
  readonly firstSecret: string;
  readonly dataDirectory: string;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Everything it has printed. */
  output(): string;
}

export async function setUpConsole(options: ConsoleOptions): Promise<ConsoleProcess> {
  const devicePort = options.devicePort ?? (await freePort());
  const operatorPort = options.operatorPort ?? (await freePort());
  const deviceAddress = `http://127.0.0.1:${devicePort}`;
  const operatorAddress = `http://127.0.0.1:${operatorPort}`;
  const environment = {
    PATH: process.env['PATH'] ?? '',
    GARRISON_CONSOLE_DATA: options.dataDirectory,
    GARRISON_CONSOLE_DEVICES: `127.0.0.1:${devicePort}`,
    GARRISON_CONSOLE_OPERATORS: `127.0.0.1:${operatorPort}`,
    GARRISON_CONSOLE_OPERATOR_URL: operatorAddress,
    GARRISON_CONSOLE_VENDOR_ON_LOOPBACK: '1',
    GARRISON_CONSOLE_WEB: join(root, 'dist/web'),
    ...options.environment,
  };
  const hosts = options.vendorHosts.flatMap((host) => ['--vendor-host', host]);
  const made = await initialise(['init', '--json', '--public-url', deviceAddress, ...hosts], environment);
  let child: ChildProcess | null = null;
  let output = '';
  return {
    deviceAddress,
    operatorAddress,
    ownerKey: made.ownerKey,
    firstSecret: made.firstAdministrator.split('#')[1] ?? '',
    dataDirectory: options.dataDirectory,
    output: () => output,
    async start() {
      child = spawn(process.execPath, [...program, 'run'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
      const listen = (data: Buffer): void => {
        output += data.toString('utf8');
      };
      child.stdout?.on('data', listen);
      child.stderr?.on('data', listen);
      await ready(operatorAddress, child, () => output);
    },
    async stop(signal = 'SIGTERM') {
      const running = child;
      child = null;
      if (running === null || running.exitCode !== null || running.signalCode !== null) return;
      const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
      running.kill(signal);
      await ended;
    },
  };
}

async function initialise(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ ownerKey: string; firstAdministrator: string }> {
  const answer = await new Promise<string>((resolve, reject) => {
    const child = spawn(process.execPath, [...program, ...args], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    let complaint = '';
    child.stdout.on('data', (data: Buffer) => (text += data.toString('utf8')));
    child.stderr.on('data', (data: Buffer) => (complaint += data.toString('utf8')));
    child.once('exit', (code) => (code === 0 ? resolve(text) : reject(new Error(`console init: ${complaint}`))));
  });
  return JSON.parse(answer) as { ownerKey: string; firstAdministrator: string };
}

async function ready(address: string, child: ChildProcess, output: () => string): Promise<void> {
  const endMs = Date.now() + readyWithinMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the console ended at once:\n${output()}`);
    const answer = await fetch(`${address}/api/session`).catch(() => null);
    if (answer?.ok === true) return;
    if (Date.now() > endMs) throw new Error(`the console did not answer within ${readyWithinMs} ms:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
