/** One pass without a service, on a Linux server, a Mac and a Windows PC in memory: how it ends, and that it leaves nothing running. */
import { describe, expect, it } from 'vitest';
import { exitOfOutcome } from '#agent/exit-codes.ts';
import { Device } from '#test/worlds/host/device.ts';
import { scripts } from '#test/worlds/host/installer.ts';
import { passOnce } from '#test/worlds/host/once.ts';
import { restarting, restartingVendor } from '#test/worlds/host/restarting.ts';
import { macDevice } from '#test/worlds/macos/device.ts';
import { falcon } from '#test/worlds/macos/mac.ts';

const minuteMs = 60_000;

function assigned(options: ConstructorParameters<typeof Device>[0] = {}): Device {
  const device = new Device(options);
  device.assignsOnEnrolment();
  return device;
}

describe('a pass on Linux', () => {
  it('installs, proves, tells the console and ends; the next one has nothing to do', async () => {
    const device = assigned();
    const first = await passOnce(device, { enrol: true });
    expect(first).toMatchObject({ outcome: 'protected', ended: 'settled', told: true });
    expect(first.states.at(-1)).toBe('protected 24.2.2.20');
    expect(first.tookMs).toBeLessThan(2 * minuteMs);
    expect(device.console.device().report?.state).toMatchObject({ kind: 'protected' });
    const second = await passOnce(device);
    expect(second).toMatchObject({ outcome: 'protected', states: ['protected 24.2.2.20'] });
    expect(second.tookMs).toBeLessThan(15_000);
    expect(device.host.packageManager.starts).toHaveLength(1);
    expect([device.host.processes.size, device.violations()]).toEqual([0, []]);
  });

  it('refuses to run beside the service, which has done the work', async () => {
    const device = assigned();
    device.start();
    expect(await device.until('protected')).toBe(true);
    await expect(passOnce(device)).rejects.toMatchObject({ code: 'agent.already-running' });
    expect(device.state).toMatchObject({ kind: 'protected' });
  });

  it('not enrolled: says so at once and waits for nobody', async () => {
    const pass = await passOnce(new Device());
    expect(pass).toMatchObject({ outcome: 'not-assigned', told: null, ended: 'settled' });
    expect(pass.tookMs).toBeLessThan(5_000);
  });

  it('watches only where nothing is deployed', async () => {
    const device = new Device();
    device.assignsOnEnrolment({ mode: 'watch' });
    expect(await passOnce(device, { enrol: true })).toMatchObject({ outcome: 'watching', told: true });
    expect(device.host.packageManager.starts).toEqual([]);
  });

  it('waits two minutes for a package manager, and then leaves it to the next pass', async () => {
    const device = assigned();
    device.host.foreignInstallers.push({ pid: 812, command: 'apt-get' });
    const pass = await passOnce(device, { enrol: true });
    expect(pass.outcome).toBe('busy');
    expect(pass.tookMs).toBeGreaterThan(2 * minuteMs);
    expect(pass.tookMs).toBeLessThan(4 * minuteMs);
    device.host.foreignInstallers.length = 0;
    expect((await passOnce(device)).outcome).toBe('protected');
  });

  it('goes on in the same pass when the package manager is free within that time', async () => {
    const device = assigned();
    device.host.foreignInstallers.push({ pid: 812, command: 'apt-get' });
    device.host.time.at(minuteMs, () => (device.host.foreignInstallers.length = 0));
    expect((await passOnce(device, { enrol: true })).outcome).toBe('protected');
  });

  it('at its time limit leaves the installer running; the next pass joins it', async () => {
    const device = assigned();
    device.host.packageManager.coming.push(scripts.slow);
    const first = await passOnce(device, { enrol: true, limitMs: 10 * minuteMs });
    expect(first).toMatchObject({ outcome: 'working', ended: 'time-over' });
    expect(first.tookMs).toBeLessThan(11 * minuteMs);
    const second = await passOnce(device, { limitMs: 60 * minuteMs });
    expect(second.outcome).toBe('protected');
    expect([device.host.packageManager.starts.length, device.violations()]).toEqual([1, []]);
  });

  it('ends at once when it is told to, in mid-install, and the next pass joins', async () => {
    const device = assigned();
    device.host.packageManager.coming.push(scripts.slow);
    const first = await passOnce(device, { enrol: true, stopAfterMs: 5 * minuteMs });
    expect(first).toMatchObject({ outcome: 'working', ended: 'stopped' });
    expect(first.tookMs).toBeLessThan(5 * minuteMs + 2_000);
    expect((await passOnce(device, { limitMs: 60 * minuteMs })).outcome).toBe('protected');
    expect([device.host.packageManager.starts.length, device.violations()]).toEqual([1, []]);
  });

  it('a failure is left to a later pass, which keeps the pause', async () => {
    const device = assigned();
    device.host.packageManager.coming.push(...Array.from({ length: 8 }, () => scripts.fails103));
    const first = await passOnce(device, { enrol: true });
    expect(['later', 'needs-you']).toContain(first.outcome);
    const starts = device.host.packageManager.starts.length;
    expect(starts).toBeLessThanOrEqual(6);
    for (let pass = 0; pass < 5; pass += 1) await passOnce(device);
    expect(device.host.packageManager.starts.length).toBeLessThanOrEqual(6);
    expect(device.violations()).toEqual([]);
  });

  it('works from what is stored when the console is out of reach, and says that it was not told', async () => {
    const device = assigned();
    expect((await passOnce(device, { enrol: true, limitMs: 6_000 })).ended).toBe('time-over');
    device.console.down = true;
    const pass = await passOnce(device);
    expect(pass).toMatchObject({ told: false, ended: 'settled' });
    device.console.down = false;
    expect(await passOnce(device)).toMatchObject({ outcome: 'protected', told: true });
  });

  it('a product that somebody has stopped is not called protected', async () => {
    const device = assigned();
    await passOnce(device, { enrol: true });
    device.host.product = { ...device.host.product, service: 'stopped' };
    expect((await passOnce(device)).outcome).toBe('not-protecting');
  });
});

describe('a pass on Windows', () => {
  const windows = (): Device => {
    const device = assigned({ vendor: restartingVendor });
    device.host.machineChanges = { product: 'client' };
    device.host.bootedAtMs = -2 * 86_400_000;
    return device;
  };

  it('3010: the installer wants a restart, which is left to the tool that started the pass', async () => {
    const device = windows();
    device.console.onEnrolled = () =>
      void device.assign({ reboot: { kind: 'window', startMinute: 0, endMinute: 1439 } });
    device.host.packageManager.coming.push(restarting.there);
    const pass = await passOnce(device, { enrol: true });
    expect([pass.outcome, exitOfOutcome(pass.outcome, 'windows')]).toEqual(['restart-needed', 3010]);
    expect((await passOnce(device)).outcome).toBe('restart-needed');
    expect(device.host.reboots.asked).toEqual([]);
    device.host.onBoot = () => undefined;
    device.host.restart();
    await device.host.time.run(10 * minuteMs);
    expect((await passOnce(device)).outcome).toBe('protected');
    expect([device.host.packageManager.starts.length, device.violations()]).toEqual([1, []]);
  });
});

describe('a pass on a Mac', () => {
  it('installs once and is protected', async () => {
    const { device, mac } = macDevice();
    device.assignsOnEnrolment();
    expect(await passOnce(device, { enrol: true })).toMatchObject({ outcome: 'protected', told: true });
    expect([mac.installer.starts.length, device.violations()]).toEqual([1, []]);
  });

  it('beside another antivirus installs nothing, and ends at once', async () => {
    const { device, mac } = macDevice();
    mac.antivirus = [falcon];
    device.assignsOnEnrolment();
    const pass = await passOnce(device, { enrol: true });
    expect(pass).toMatchObject({ outcome: 'other-antivirus', ended: 'settled' });
    expect(pass.tookMs).toBeLessThan(minuteMs);
    expect(mac.installer.starts).toEqual([]);
  });

  it('without Full Disk Access it is not protected', async () => {
    const { device, mac } = macDevice();
    mac.approvals = { fullDiskAccess: false, networkExtension: true };
    mac.managed = 'no';
    device.assignsOnEnrolment();
    expect((await passOnce(device, { enrol: true })).outcome).toBe('not-protecting');
  });
});
