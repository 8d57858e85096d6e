/** A Windows machine on which the service host is installed by its MSI, with the stand-in for the agent. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startWindows, type Windows, type WindowsMachine } from '#test/worlds/wine/machine.ts';
import { standInAgent, standInPackage } from './package.ts';

export const programRoot = 'C:\\Program Files\\Garrison';
const eventsFile = 'C:\\stand-in-agent.txt';

export interface HostedMachine {
  readonly machine: WindowsMachine;
  /** Runs Windows Installer: "/i" or "/x" with the package of that version. Its exit code. */
  msiexec(verb: '/i' | '/x', version: string, ...more: readonly string[]): Promise<number>;
  /** Stops the service and waits for it: Wine's installer does not. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** A further version as an update of our own lays it down. */
  lay(version: string, behaviour?: string): void;
  /** Replaces a file of one line in the program root. */
  say(name: string, line: string): void;
  /** A line of the program root, without its end; empty when there is none. */
  line(name: string): string;
  /** What the host has logged. */
  log(): string;
  /** "0.1.0 started", … */
  events(): readonly string[];
  /** Process ids of the stand-in's starts, the latest last; numbers of Windows. */
  starts(): readonly number[];
  until(what: string, reached: () => boolean, withinMs?: number): Promise<void>;
  /** Everything below the program root but State, with backslashes. */
  files(): readonly string[];
  serviceState(): Promise<string>;
  /** Waits until no process of that program runs. */
  untilGone(program: string): Promise<void>;
}

export async function startHosted(
  name: string,
  windows: Windows,
  patienceMs: number | null = null,
): Promise<HostedMachine & { stopMachine(): Promise<void> }> {
  const machine = await startWindows(name, windows);
  const agent = standInAgent(windows);
  const lines = (): readonly string[] =>
    machine
      .read(eventsFile)
      .split(/\r?\n/)
      .filter((line) => line !== '');
  const sc = async (...args: readonly string[]): Promise<string> => (await machine.run(['sc', ...args])).stdout;
  const serviceState = async (): Promise<string> =>
    /STATE\s*:\s*\d+\s+(\w+)/.exec(await sc('query', 'GarrisonAgent'))?.[1] ?? 'absent';
  const log = (): string => machine.read(`${programRoot}\\State\\Log\\service.log`);
  const story = (): string => [log(), ...lines(), ...hosted.files()].join('\n');
  const reaches = async (wanted: string): Promise<void> => {
    for (let tries = 0; (await serviceState()) !== wanted; tries += 1) {
      machine.requireAlive();
      if (tries === 60) throw new Error(`the service is not ${wanted}\n${story()}`);
      await pause(250);
    }
  };
  const hosted: HostedMachine = {
    machine,
    async msiexec(verb, version, ...more) {
      const file = `C:\\packages\\${version}.msi`;
      if (!machine.exists(file)) machine.copyIn(standInPackage(windows, version, agent, patienceMs), file);
      return (await machine.run(['msiexec', verb, file, '/qn', ...more])).code;
    },
    async stop() {
      await sc('stop', 'GarrisonAgent');
      await reaches('STOPPED');
    },
    async start() {
      await sc('start', 'GarrisonAgent');
      await reaches('RUNNING');
    },
    lay(version, behaviour) {
      const folder = `${programRoot}\\versions\\${version}`;
      machine.copyIn(agent, `${folder}\\garrison-agent.exe`);
      if (behaviour !== undefined) machine.write(`${folder}\\behaviour`, behaviour);
    },
    say: (file, line) => machine.write(`${programRoot}\\${file}`, `${line}\n`),
    line: (file) => machine.read(`${programRoot}\\${file}`).trim(),
    log,
    events: () => lines().map((line) => line.split(' ').slice(0, 2).join(' ')),
    starts: () => lines().flatMap((line) => (line.includes(' started ') ? [Number(line.split(' ')[2])] : [])),
    async until(what, reached, withinMs = 30_000) {
      const deadline = performance.now() + withinMs;
      while (!reached()) {
        machine.requireAlive();
        if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1000} s\n${story()}`);
        await pause(100);
      }
    },
    files: () => below(machine.pathOnHost(programRoot)).filter((path) => !path.startsWith('State\\')),
    serviceState,
    async untilGone(program) {
      for (let tries = 0; (await machine.run(['tasklist'])).stdout.includes(program); tries += 1)
        if (tries === 20) throw new Error(`${program} still runs\n${story()}`);
    },
  };
  return { ...hosted, stopMachine: () => machine.stop() };
}

function below(folder: string): readonly string[] {
  try {
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return found.map((path) => path.replaceAll('/', '\\')).toSorted();
  } catch {
    return [`${basename(folder)} is gone`];
  }
}
