/** The console as a program: its commands run to their end, `run` until it is told to stop. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';

const root = join(import.meta.dirname, '../../..');
const readyWithinMs = 20_000;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ConsoleProgram {
  readonly environment: Readonly<Record<string, string>>;
  readonly devicePort: number;
  readonly operatorPort: number;
  output = '';
  /** What Node runs: the program as it stands here, unless a bundle as in the package is named. */
  entry = join(root, 'console/main.ts');
  #child: ChildProcess | null = null;

  constructor(dataDirectory: string, ports: { devices: number; operators: number }, more: Record<string, string> = {}) {
    this.devicePort = ports.devices;
    this.operatorPort = ports.operators;
    this.environment = {
      PATH: process.env['PATH'] ?? '',
      GARRISON_CONSOLE_DATA: dataDirectory,
      GARRISON_CONSOLE_DEVICES: `127.0.0.1:${ports.devices}`,
      GARRISON_CONSOLE_OPERATORS: `127.0.0.1:${ports.operators}`,
      ...more,
    };
  }

  static async at(dataDirectory: string, more: Record<string, string> = {}): Promise<ConsoleProgram> {
    return new ConsoleProgram(dataDirectory, { devices: await freePort(), operators: await freePort() }, more);
  }

  #spawn(words: readonly string[]): ChildProcess {
    const argv = [this.entry, ...words];
    return spawn(process.execPath, argv, { env: this.environment, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** Runs a command to its end with `input` on standard input. */
  command(words: readonly string[], input = ''): Promise<Ended> {
    const child = this.#spawn(words);
    const said = { stdout: '', stderr: '' };
    child.stdout?.on('data', (data: Buffer) => (said.stdout += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (said.stderr += data.toString()));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...said })));
  }

  /** As `command`; anything but success throws with what it said. */
  async done(words: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.command(words, input);
    if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Until all listeners listen, which is said once; each says it of itself, too. */
  async start(): Promise<void> {
    const child = this.#spawn(['run']);
    this.#child = child;
    child.stdin?.end();
    const hear = (data: Buffer): void => void (this.output += data.toString());
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    const endMs = Date.now() + readyWithinMs;
    while (!this.output.includes('"msg":"listening"')) {
      if (child.exitCode !== null || Date.now() > endMs) throw new Error(`the console does not run:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  runs(): boolean {
    return this.#child !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Code and signal it ended with. */
  async ended(): Promise<readonly [code: number | null, signal: NodeJS.Signals | null]> {
    const child = this.#child;
    if (child === null) throw new Error('it does not run');
    if (child.exitCode === null && child.signalCode === null)
      await new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#child = null;
    this.output = '';
    return [child.exitCode, child.signalCode];
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child === null) return;
    this.signal(signal);
    await this.ended();
  }

  /** For `OperatorClient`: its requests over a real socket. */
  operatorApp(): FastifyInstance {
    const inject = async ({ method = 'GET', url, headers, payload }: InjectOptions) => {
      const address = `http://127.0.0.1:${this.operatorPort}${typeof url === 'string' ? url : ''}`;
      const body = payload === undefined ? {} : { body: JSON.stringify(payload) };
      const type = payload === undefined ? {} : { 'content-type': 'application/json' };
      const sent = { ...type, ...(headers as Record<string, string>) };
      const answer = await fetch(address, { method, headers: sent, ...body });
      const text = await answer.text();
      const cookies = answer.headers.getSetCookie().map((line) => {
        const [name, value] = (line.split(';')[0] ?? '').split('=');
        return { name, value };
      });
      return {
        statusCode: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: text,
        cookies,
        json: () => JSON.parse(text) as unknown,
      };
    };
    return { inject } as unknown as FastifyInstance;
  }
}
