import { execFileSync, spawn } from 'node:child_process';
import { pinnedNode } from '../build/runtime.ts';
import { agentProgram, endOf, startAgentProcess, usageOf } from './agent-process.ts';
import { type Measurement, plainEnvironment, type Row } from './measurement.ts';

const settleMs = 20_000;
const watchedMs = 60_000;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A file that was just written lies in the page cache in large pieces, and each first touch then maps a whole piece: up to
 * 20 MB more RSS than after a boot. Both programs start from the disk, as they do there.
 */
function forgetCached(file: string): void {
  execFileSync('sync', [file]);
  execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
}

/** Memory and CPU of the daemon at rest, beside a Node of the same version that only waits. */
export const idle: Measurement = {
  name: 'idle',
  about: `agent at rest for ${watchedMs / 1000} s, beside an idle bare Node`,
  async run(): Promise<readonly Row[]> {
    const [program, node] = [await agentProgram(), pinnedNode('linux-x64')];
    forgetCached(program);
    forgetCached(node);
    const bare = spawn(node, ['-e', 'setInterval(() => {}, 60000)'], {
      env: plainEnvironment,
      stdio: 'ignore',
    });
    try {
      const agent = await startAgentProcess(program);
      try {
        await sleep(settleMs);
        const before = usageOf(agent.pid);
        await sleep(watchedMs);
        return rows(before.cpuMs, usageOf(agent.pid), usageOf(bare.pid ?? 0));
      } finally {
        await agent.stop();
      }
    } finally {
      await endOf(bare);
    }
  },
};

function rows(
  cpuBeforeMs: number,
  ours: ReturnType<typeof usageOf>,
  theirs: ReturnType<typeof usageOf>,
): readonly Row[] {
  const ratio = ours.residentBytes / theirs.residentBytes;
  const load = (ours.cpuMs - cpuBeforeMs) / watchedMs;
  return [
    {
      what: 'agent at rest, RSS',
      ours: megabytes(ours.residentBytes),
      theirs: `${megabytes(theirs.residentBytes)} idle Node`,
      ratio,
      budget: '≤ 1.8 × and ≤ 80 MB',
      met: ratio <= 1.8 && ours.residentBytes <= 80e6,
    },
    {
      what: 'agent at rest, private memory',
      ours: megabytes(ours.privateBytes),
      theirs: `${megabytes(theirs.privateBytes)} idle Node`,
      ratio: null,
      budget: '≤ 25 MB',
      met: ours.privateBytes <= 25e6,
    },
    {
      what: 'agent at rest, CPU',
      ours: `${(load * 100).toFixed(2)} % of a core`,
      theirs: '',
      ratio: null,
      budget: '≤ 0.1 %',
      met: load <= 0.001,
    },
  ];
}
