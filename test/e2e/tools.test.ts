/** For tools that bring their own schedule: the real binary's `once` and `check` on a real system, and what is left behind. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { assignmentFile, startDevice, type Device } from './harness.ts';
import { prepareWorld, type World } from './world.ts';

let world: World;
let sentinelOne: SentinelOneWorld;
let device: Device;
beforeAll(async () => {
  world = await prepareWorld();
  sentinelOne = await startSentinelOne();
  device = await startDevice({ root: 'deb', name: 'tools', world, sentinelOne });
  await device.assign();
});
afterAll(async () => {
  await device.container.stop();
  await sentinelOne.stop();
});

const agent = (...args: readonly string[]) =>
  device.container.exec(['garrison-agent', ...args], { timeoutMs: 180_000 });
const once = () => agent('once', '--assignment', assignmentFile, '--json');

describe('once and check', () => {
  test('a bare machine: neither agent nor product', async () => {
    const bare = await agent('check');
    expect(bare).toMatchObject({ code: 69, stdout: '' });
    expect(bare.stderr).toContain('SentinelOne is not installed');
    expect(await agent('once', '--json')).toMatchObject({ code: 14 });
  });

  test('one pass installs, and leaves no process and no service of ours behind', async () => {
    const pass = await once();
    expect(pass.code, pass.stderr).toBe(0);
    expect(JSON.parse(pass.stdout)).toMatchObject({ outcome: 'protected', ended: 'settled', told: null });
    expect(pass.stderr).toMatch(/Installing \(attempt 1\)/);
    expect((await device.container.exec(['pgrep', '-x', 'garrison-agent'])).stdout).toBe('');
    expect(device.installerRuns()).toBe(1);
    const again = await once();
    expect([again.code, device.installerRuns()]).toEqual([0, 1]);
  });

  test('check says so in one line, and changes nothing', async () => {
    const before = await device.container.run(['sh', '-c', 'find /var/lib/garrison /run -xdev | sort | md5sum']);
    const check = await agent('check');
    expect(check).toMatchObject({ code: 0, stderr: '' });
    expect(check.stdout).toMatch(/^Protected \(version [\d.]+\) since \S+ The Garrison agent does not run\.\n$/);
    expect(await device.container.run(['sh', '-c', 'find /var/lib/garrison /run -xdev | sort | md5sum'])).toBe(before);
  });

  test('beside the service: once refuses, check asks it', async () => {
    await device.service('start');
    await device.until('the service answers', async () => (await agent('status', '--json')).code === 0);
    expect(await once()).toMatchObject({ code: 20, stdout: '' });
    await device.until('protected by its word', async () => (await agent('check')).code === 0);
    await device.service('stop');
  });

  test('a stopped product is told apart, and an unprivileged user is refused', async () => {
    await device.container.run(['systemctl', 'stop', 'sentinelone']);
    expect(await agent('check')).toMatchObject({ code: 10, stdout: '' });
    const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'garrison-agent'];
    expect((await device.container.exec([...user, 'check'])).code).toBe(77);
    expect((await device.container.exec([...user, 'once'])).code).toBe(77);
  });
});
