import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { bundle } from '../build/bundle.ts';
import { engineFlags } from '../build/blob.ts';
import { pinnedNode } from '../build/runtime.ts';
import { endOf, runToEnd, scratch } from './agent-process.ts';
import { inTurn, median, type Measurement, pairByPair, plainEnvironment, type Row } from './measurement.ts';

const sizeBytes = 150_000_000;

interface Served {
  readonly port: number;
  readonly sha256: string;
}

/** The agent fetches, hashes and syncs to the disk; beside it curl and sha256sum, made to sync as well. */
export const download: Measurement = {
  name: 'download',
  about: `download and verify ${sizeBytes / 1e6} MB, beside curl and sha256sum`,
  async run(): Promise<readonly Row[]> {
    const work = scratch('bench');
    const server = spawn(process.execPath, [join(import.meta.dirname, 'package-server.ts'), String(sizeBytes)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const first = await new Promise<string>((resolve) => createInterface(server.stdout).once('line', resolve));
      return rows(await compare(work, JSON.parse(first) as Served));
    } finally {
      await endOf(server);
      rmSync(work, { recursive: true, force: true });
    }
  },
};

async function compare(work: string, { port, sha256 }: Served): Promise<readonly (readonly number[])[]> {
  const { code } = await bundle(
    { target: 'linux-x64', trust: 'release', testKeys: null },
    'scripts/bench/download-client.ts',
  );
  const client = join(work, 'client.cjs');
  writeFileSync(client, code);
  const address = `http://127.0.0.1:${port}`;
  const store = join('/var/lib', `garrison-bench-${process.pid}`);
  mkdirSync(store, { mode: 0o700 });
  const file = join(store, 'by-curl');
  const check = `curl -sS -o ${file} ${address}/x && sync ${file} && echo '${sha256}  ${file}' | sha256sum -c --status`;
  try {
    return await inTurn(7, [
      async () => {
        rmSync(join(store, 'agent'), { recursive: true, force: true });
        await succeed(pinnedNode('linux-x64'), [
          ...engineFlags,
          client,
          address,
          join(store, 'agent'),
          String(sizeBytes),
          sha256,
        ]);
      },
      async () => {
        rmSync(file, { force: true });
        await succeed('/bin/sh', ['-c', check]);
      },
      () => runToEnd(pinnedNode('linux-x64'), ['-e', '0']),
    ]);
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}

async function succeed(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, [...args], { env: plainEnvironment, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}`);
}

/** The running daemon has its Node already: its start is taken off, the loading of the code is not. */
function rows([agent = [], curl = [], bare = []]: readonly (readonly number[])[]): readonly Row[] {
  const ours = agent.map((taken, round) => taken - (bare[round] ?? 0));
  const speed = (taken: readonly number[]): string => `${(sizeBytes / 1e3 / median(taken)).toFixed(0)} MB/s`;
  // Speeds: theirs by ours.
  const pairs = pairByPair(curl, ours);
  return [
    {
      what: 'download + verify 150 MB',
      ours: speed(ours),
      theirs: `${speed(curl)} curl, sync, sha256sum`,
      ...pairs,
      budget: '≥ 0.8 ×',
      met: pairs.ratio >= 0.8,
    },
  ];
}
