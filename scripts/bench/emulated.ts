/**
 * Binaries that this machine cannot run by itself: start and memory beside plain Node under the very same emulation. The
 * emulator's own cost is in both, so only the ratio says something, and no more than how much of it is our doing.
 */
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Container, startContainer } from '#test/worlds/lab/container.ts';
import { startWindows, type Windows, type WindowsMachine } from '#test/worlds/wine/machine.ts';
import { answerAsUsual } from '#test/worlds/wine/answers.ts';
import { buildAgent } from '../build/agent.ts';
import { pinnedNode } from '../build/runtime.ts';
import { usageOf, type Usage } from './agent-process.ts';
import { inTurn, type Measurement, pairByPair, type Row, spread } from './measurement.ts';

const rounds = 7;
const settleMs = 15_000;
const waiting = 'setInterval(() => {}, 60000)';

/** A machine of the lab with the agent and a plain Node on it. */
interface Emulated {
  /** What is said of it in the table. */
  readonly name: string;
  /** Programs to their end; throws when one fails. */
  version(): Promise<void>;
  status(): Promise<void>;
  bare(): Promise<void>;
  /** Start and stay; their processes as this machine numbers them. */
  startDaemon(): Promise<number>;
  startBare(): Promise<number>;
  stop(): Promise<void>;
}

async function measure(machine: Emulated): Promise<readonly Row[]> {
  try {
    const [daemon, waits] = [await machine.startDaemon(), await machine.startBare()];
    await until('the daemon answers', () =>
      machine.status().then(
        () => true,
        () => false,
      ),
    );
    const [version = [], status = [], bare = []] = await inTurn(rounds, [
      () => machine.version(),
      () => machine.status(),
      () => machine.bare(),
    ]);
    await sleep(settleMs);
    return [
      startRow(`--version, ${machine.name}`, version, bare),
      startRow(`status, ${machine.name}`, status, bare),
      restRow(`at rest, ${machine.name}`, usageOf(daemon), usageOf(waits)),
    ];
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    throw error;
  } finally {
    await machine.stop();
  }
}

function startRow(what: string, ours: readonly number[], theirs: readonly number[]): Row {
  const ms = (values: readonly number[]): string => `${spread(values, 0)} ms`;
  return {
    what,
    ours: ms(ours),
    theirs: `${ms(theirs)} node -e 0`,
    ...pairByPair(ours, theirs),
    budget: '',
    met: true,
  };
}

function restRow(what: string, ours: Usage, theirs: Usage): Row {
  const told = (usage: Usage): string =>
    `${(usage.residentBytes / 1e6).toFixed(0)} MB RSS, ${(usage.privateBytes / 1e6).toFixed(0)} MB private`;
  const ratio = ours.residentBytes / theirs.residentBytes;
  return { what, ours: told(ours), theirs: `${told(theirs)}, idle Node`, ratio, budget: '', met: true };
}

async function until<T>(what: string, look: () => Promise<T | false> | T | false): Promise<T> {
  for (let tries = 0; tries < 240; tries += 1) {
    const found = await look();
    if (found !== false) return found;
    await sleep(250);
  }
  throw new Error(`${what}: not within a minute`);
}

/** A process of this machine by the words of its command, also inside a container. */
function processWith(...words: readonly string[]): number | false {
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const command = commandOf(name);
    if (words.every((word) => command.includes(word)) && !command.startsWith('nsenter')) return Number(name);
  }
  return false;
}

function commandOf(pid: string): string {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    // Wine starts each program through a shell of ours, which has all its words.
    return /^(sh|\/bin\/sh|timeout|nsenter|env)\0/.test(command) ? '' : command;
  } catch {
    return '';
  }
}

async function arm64(): Promise<Emulated> {
  const agent = await buildAgent({ target: 'linux-arm64', trust: 'release', testKeys: null });
  const container: Container = await startContainer({ root: 'arm64-deb', name: 'bench-arm64' });
  const [program, node] = ['/usr/local/sbin/bench-agent', '/usr/local/bin/bench-node'];
  container.copyIn(agent.file, program, 0o755);
  container.copyIn(pinnedNode('linux-arm64'), node, 0o755);
  const started: ChildProcess[] = [];
  const run = async (...argv: readonly string[]): Promise<void> => {
    await container.run([...argv], { timeoutMs: 120_000 });
  };
  return {
    name: 'linux-arm64 under qemu',
    version: () => run(program, '--version'),
    status: () => run(program, 'status'),
    bare: () => run(node, '-e', '0'),
    startDaemon() {
      started.push(container.spawn([program, 'run']));
      return until('the agent', () => processWith(program, 'run'));
    },
    startBare() {
      started.push(container.spawn([node, '-e', waiting]));
      return until('node', () => processWith(node, 'setInterval'));
    },
    async stop() {
      // Powering off stops what still runs, and nobody would collect it.
      for (const child of started) await new Promise((resolve) => (child.once('exit', resolve), child.kill('SIGKILL')));
      await container.stop();
    },
  };
}

/** The test flavour: a release asks PowerShell for the rights of its directories, which Wine does not have. */
async function windows(kind: Windows): Promise<Emulated> {
  const agent = await buildAgent({ target: `windows-${kind}`, trust: 'test', testKeys: null });
  const machine: WindowsMachine = await startWindows(`bench-windows-${kind}`, kind);
  const [program, node] = ['C:\\Program Files\\Garrison\\garrison-agent.exe', 'C:\\lab\\bench-node.exe'];
  machine.copyIn(agent.file, program);
  machine.copyIn(pinnedNode(`windows-${kind}`), node);
  answerAsUsual(machine);
  const run = async (...argv: readonly string[]): Promise<void> => {
    const { code, stderr } = await machine.run([...argv]);
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`);
  };
  return {
    name: `windows-${kind} under Wine`,
    version: () => run(program, '--version'),
    status: () => run(program, 'status'),
    bare: () => run(node, '-e', '0'),
    startDaemon() {
      machine.start([program, 'run']);
      return until('the agent', () => processWith('garrison-agent.exe', 'run'));
    },
    startBare() {
      machine.start([node, '-e', waiting]);
      return until('node', () => processWith('bench-node.exe', 'setInterval'));
    },
    stop: () => machine.stop(),
  };
}

/** Needs the lab's roots `arm64-deb` and `wine`. */
export const emulated: Measurement = {
  name: 'emulated',
  about: 'the binaries of other systems under emulation, beside plain Node under the same emulation',
  async run(): Promise<readonly Row[]> {
    const machines = [arm64, () => windows('x64'), () => windows('x86')];
    const rows: Row[] = [];
    for (const start of machines) rows.push(...(await measure(await start())));
    return rows;
  },
};
