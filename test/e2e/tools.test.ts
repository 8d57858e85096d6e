/** For other tools and for people: the real binary's `once`, `check`, `doctor` and `diagnose` on a real system, and what is left behind. */
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

describe('doctor and diagnose', () => {
  test('doctor names what is not well and what to do, and changes nothing', async () => {
    const doctor = await agent('doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^BAD {3}Agent: .*\(agent\.not-running\)/m);
    expect(doctor.stdout).toMatch(/^ {6}What to do: /m);
    await device.service('start');
    await device.until('the service answers', async () => (await agent('status', '--json')).code === 0);
    const running = await agent('doctor', '--json');
    const { findings } = JSON.parse(running.stdout) as { findings: readonly { check: string; verdict: string }[] };
    expect(findings).toContainEqual(expect.objectContaining({ check: 'Agent', verdict: 'well' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'Enrolment', verdict: 'ill' }));
  });

  test('G18: the archive holds its list, and nothing of what other processes were started with', async () => {
    const { container, token } = device;
    const canaries = { argv: 'canary-of-a-command-line', environment: 'canary-of-an-environment' };
    const other = container.spawn(['sleep', '300', '--', canaries.argv], { SECRET: canaries.environment });
    await container.run(['sh', '-c', `logger -t other ${canaries.argv}`]);
    const made = await agent('diagnose', '--json');
    expect(made.code, made.stderr).toBe(0);
    const { path, holds } = JSON.parse(made.stdout) as { path: string; holds: readonly { name: string }[] };
    expect((await container.run(['stat', '-c', '%a %U', path])).trim()).toBe('600 root');
    const folder = path.slice(0, path.lastIndexOf('/'));
    expect((await container.run(['stat', '-c', '%a %U', folder])).trim()).toBe('700 root');
    const listed = (await container.run(['tar', '-tzf', path])).trim().split('\n');
    expect(listed).toEqual(['README.txt', ...holds.map(({ name }) => name)]);
    const text = await container.run(['tar', '-xzOf', path]);
    expect(text).toContain('attempt-ended');
    expect(text).toContain('Started garrison-agent.service');
    for (const secret of [token, ...Object.values(canaries)]) expect(text.includes(secret), secret).toBe(false);
    other.kill();
    const again = await agent('diagnose', '--json');
    expect([again.code, JSON.parse(again.stderr)]).toMatchObject([1, { error: { code: 'diagnostics.too-soon' } }]);
  });
});
