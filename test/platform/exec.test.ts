import { ChildProcess } from 'node:child_process';
import { expect, it, vi } from 'vitest';
import { runProbe } from '#platform/exec.ts';

const command = { program: process.execPath, environment: {}, directory: '/' };
const limits = { timeoutMs: 200, outputBytesMax: 1000 };

it('a child that cannot be killed is given up, and counts as one that did not answer', async () => {
  const kill = vi.spyOn(ChildProcess.prototype, 'kill').mockReturnValue(false);
  const pids: number[] = [];
  const args = ['-e', 'console.log("begun"); setTimeout(() => {}, 15_000)'];
  const answer = await runProbe({ ...command, args }, { limits, killTree: (pid) => pids.push(pid) });
  expect(answer).toMatchObject({ code: null, timedOut: true });
  expect(pids).toHaveLength(1);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  kill.mockRestore();
}, 15_000);

it('one that ending its tree does not reach is ended by its own handle', async () => {
  const pids: number[] = [];
  const args = ['-e', 'setTimeout(() => {}, 15_000)'];
  const answer = await runProbe({ ...command, args }, { limits, killTree: (pid) => pids.push(pid) });
  expect(answer).toMatchObject({ code: null, timedOut: true });
  expect(pids).toHaveLength(1);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
}, 15_000);

it('one that ends in time is not killed', async () => {
  const options = { limits: { ...limits, timeoutMs: 10_000 }, killTree: () => expect.unreachable() };
  const answer = await runProbe({ ...command, args: ['-e', 'process.exit(3)'] }, options);
  expect(answer).toMatchObject({ code: 3, timedOut: false });
});
