import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Spawner } from '#platform/exec.ts';
import { killTree } from '#platform/macos/kill-tree.ts';
import { faultFrom } from '#test/platform/fault.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A shell in a session of its own, with a child in its group and one that left it; answers the pids of both. */
async function tree(): Promise<{ leader: ChildProcess; pids: readonly number[] }> {
  const script = 'sleep 60 & setsid sleep 60 & sleep 0.3; echo $!; wait';
  const leader = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(leader);
  await once(leader.stdout ?? leader, 'data');
  const pids = rows()
    .filter(([, parent]) => parent === leader.pid)
    .map(([pid]) => pid);
  return { leader, pids };
}

function rows(): (readonly [number, number])[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ');
        return fields[0] === 'Z' ? [] : [[Number(name), Number(fields[1])] as const];
      } catch {
        return [];
      }
    });
}

const runs = (pid: number): boolean => rows().some(([each]) => each === pid);
const answering = (stdout: () => string): Pick<Spawner, 'runProbe'> => ({
  runProbe: async () => ({ code: 0, stdout: stdout(), stderr: '', timedOut: false, truncated: false }),
});

describe('a probe that is cut off', () => {
  it('takes with it all it started, also what made a session of its own', async () => {
    const { leader, pids } = await tree();
    expect(pids).toHaveLength(2);
    const ps = answering(() =>
      rows()
        .map(([pid, parent]) => `${pid} ${parent}\n`)
        .join(''),
    );
    killTree(ps)(leader.pid ?? 0);
    await once(leader, 'exit');
    await expect.poll(() => pids.filter(runs)).toEqual([]);
  });

  it('takes its group with it when nobody tells who its descendants are', async () => {
    const { leader, pids } = await tree();
    const silent: Pick<Spawner, 'runProbe'> = { runProbe: () => Promise.reject(new Error('no ps')) };
    killTree(silent)(leader.pid ?? 0);
    const [, signal] = (await once(leader, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    await expect.poll(() => pids.filter(runs)).toHaveLength(1);
    for (const pid of pids.filter(runs)) process.kill(pid, 'SIGKILL');
  });

  it.each([0, 1, -1, Number.NaN])('never takes %d, which means others', async (pid) => {
    expect((await faultFrom(async () => killTree(answering(() => ''))(pid))).code).toBe('agent.defect');
  });
});
