import { describe, expect, it } from 'vitest';
import { restarting } from '#test/worlds/host/restarting.ts';
import { afterRestart, asked, dayMs, events, hourMs, start, starts } from '#test/agent/restarts.ts';

const stepsOf = (device: ReturnType<typeof start>, step: string): number =>
  events(device, 'attempt-step').filter((event) => event['step'] === step && event['result'] === 'started').length;

describe('a rung of the ladder', () => {
  it('fresh-download: the package is fetched anew before the next try', async () => {
    const device = start({ scripts: [restarting.unpackFailed] });
    expect(await device.until('protected')).toBe(true);
    expect([starts(device), stepsOf(device, 'download'), device.violations()]).toEqual([2, 2, []]);
  });

  it('changed-arguments: added to the recipe’s own for one try, also over a restart of the agent', async () => {
    const device = start({ scripts: [restarting.foreignId, restarting.foreignId] });
    await device.until('retrying');
    device.process?.die();
    expect(await device.until('failed', dayMs)).toBe(true);
    const [first, second] = device.host.packageManager.starts;
    expect(second?.args).toEqual([...(first?.args ?? []), '--forget-id']);
    expect([starts(device), device.violations()]).toEqual([2, []]);
    device.console.send(device.command('retry'));
    expect(await device.until('protected')).toBe(true);
    expect(device.host.packageManager.starts[2]?.args).toEqual(first?.args);
  });

  it('changed-arguments: also after an attempt that was superseded in between', async () => {
    const device = start({ scripts: [restarting.foreignId] });
    await device.until('retrying');
    const { host } = device;
    const opened = (): boolean => device.running?.agent.journal.memory.attempt?.attempt === 2;
    expect(await host.time.run(hourMs, opened)).toBe(true);
    device.process?.die();
    host.locks = [{ lock: 'dpkg', path: '/l', holder: { pid: 812, command: 'apt-get' } }];
    await host.time.run(60_000);
    host.locks = [];
    expect(await device.until('protected', hourMs)).toBe(true);
    const results = events(device, 'attempt-ended').map(({ result }) => result);
    expect(results).toContain('superseded');
    expect(device.host.packageManager.starts[1]?.args).toContain('--forget-id');
  });

  it('after-reboot: the boot is waited for, not the time, and then a few quiet minutes', async () => {
    const { general } = restarting;
    const device = start({ scripts: [general, general, general, general] });
    expect(await device.until('waiting', dayMs)).toBe(true);
    expect(starts(device)).toBe(3);
    await device.host.time.run(2 * dayMs);
    expect(starts(device)).toBe(3);
    await afterRestart(device);
    const { host } = device;
    expect(device.state).toMatchObject({ kind: 'waiting', condition: 'installer-settled' });
    expect(await device.until('failed', hourMs)).toBe(true);
    expect((host.packageManager.starts[3]?.atMs ?? 0) - host.bootedAtMs).toBeGreaterThanOrEqual(300_000);
    expect([starts(device), device.violations()]).toEqual([4, []]);
  });

  it('after-reboot: the agent restarts the machine where it may, once for the attempt', async () => {
    const { general } = restarting;
    const device = start({ scripts: [general, general, general], reboots: true });
    expect(await device.until('protected', dayMs)).toBe(true);
    expect([starts(device), asked(device), device.host.boot, device.violations()]).toEqual([4, 1, 2, []]);
  });
});

describe('an installer that put the product there switched off', () => {
  it('is not run again, also where nothing is found of it', async () => {
    const device = start({ scripts: [restarting.disabled] });
    expect(await device.until('failed')).toBe(true);
    await device.host.time.run(2 * dayMs);
    expect([starts(device), device.state]).toMatchObject([1, { fault: { code: 'install.not-verified' } }]);
    expect(device.violations()).toEqual([]);
  });

  it('2027: what is there and disabled is said to be so, and nothing else is done', async () => {
    const device = start({ scripts: [{ ...restarting.disabled, leaves: 'present' }] });
    await device.until('installing');
    device.host.product = { ...device.host.product, enabled: false };
    expect(await device.until('not-protecting', hourMs)).toBe(true);
    await device.host.time.run(dayMs);
    expect([starts(device), device.state]).toMatchObject([1, { reason: 'disabled' }]);
    expect(device.violations()).toEqual([]);
  });
});

describe('a device that a failed upgrade left bare', () => {
  it('says so whatever is assigned, raises it once, and is tried again once after a restart', async () => {
    const device = start({ scripts: [restarting.bare, restarting.bare] });
    expect(await device.until('not-protecting')).toBe(true);
    const left = { kind: 'not-protecting', reason: 'bare-after-failed-upgrade' };
    device.assign({ mode: 'watch' });
    await device.host.time.run(hourMs);
    expect(device.state).toMatchObject(left);
    device.assign({ mode: 'deploy' });
    await device.host.time.run(hourMs);
    expect([starts(device), device.state]).toMatchObject([1, left]);
    await afterRestart(device);
    await device.host.time.run(dayMs);
    expect([starts(device), device.state]).toMatchObject([2, left]);
    expect(device.state).toMatchObject({ detail: expect.stringContaining('somebody must act') });
    expect(events(device, 'protection-lost')).toHaveLength(1);
    device.console.send(device.command('retry'));
    expect(await device.until('protected')).toBe(true);
    expect(device.running?.agent.journal.memory.bare).toBeNull();
    expect(device.violations()).toEqual([]);
  });
});
