/** Exceptions and waivers on a device: what the console allows for a while, and what the device makes of it. */
import { describe, expect, it } from 'vitest';
import type { AntivirusPolicy, Assignment } from '#protocol/assignment.ts';
import { Device } from '#test/worlds/host/device.ts';
import { deb } from '#test/installers/antivirus/inventories.ts';

const dayMs = 86_400_000;
const falcon = deb('falcon-sensor');

function policy(device: Device, changes: Partial<AntivirusPolicy>): Pick<Assignment, 'antivirus'> {
  return { antivirus: { ...device.assignment().antivirus, ...changes } };
}

/** A grant from now on. */
function lasting(device: Device, days: number): { issuedAt: string; expiresAt: string } {
  return { issuedAt: device.console.iso(), expiresAt: device.console.iso(days * dayMs) };
}

async function blocked(changes: (device: Device) => void): Promise<Device> {
  const device = new Device();
  changes(device);
  device.assignsOnEnrolment();
  device.start();
  expect(await device.until('blocked')).toBe(true);
  return device;
}

function unreadable(device: Device): void {
  device.host.inventoryChanges = {
    packages: { status: 'failed', code: 'probe.timeout', detail: 'gave up after 10 s' },
  };
}

describe('an exception', () => {
  it('lets the device install beside the named product, which stays reported', async () => {
    const device = await blocked(({ host }) => host.packages.push(falcon));
    expect(device.state).toMatchObject({ fault: { code: 'antivirus.present' } });
    device.assign(policy(device, { exceptions: [{ productId: 'crowdstrike-falcon', ...lasting(device, 7) }] }));
    expect(await device.until('protected')).toBe(true);
    await device.host.time.run(600_000);
    expect(device.console.device().report?.antivirus?.value).toMatchObject({
      blocking: [],
      reported: [{ productId: 'crowdstrike-falcon' }],
    });
    expect(device.violations()).toEqual([]);
  });

  it('for another product changes nothing', async () => {
    const device = await blocked(({ host }) => host.packages.push(falcon));
    device.assign(policy(device, { exceptions: [{ productId: 'eset', ...lasting(device, 7) }] }));
    await device.host.time.run(3_600_000);
    expect(device.state).toMatchObject({ kind: 'blocked', conflicts: [{ productId: 'crowdstrike-falcon' }] });
    expect(device.host.packageManager.starts).toEqual([]);
  });

  it('that ends before anything was installed blocks again, without a word from the console', async () => {
    const device = await blocked(({ host }) => host.packages.push(falcon));
    device.host.freeBytes = 0;
    await device.host.time.run(120_000);
    device.assign(policy(device, { exceptions: [{ productId: 'crowdstrike-falcon', ...lasting(device, 1) }] }));
    expect(await device.until('waiting')).toBe(true);
    await device.host.time.run(dayMs + 3_600_000);
    expect(device.state).toMatchObject({ kind: 'blocked', conflicts: [{ productId: 'crowdstrike-falcon' }] });
  });
});

describe('a waiver', () => {
  it('of the failed look lets the device install; the look stays named', async () => {
    const device = await blocked(unreadable);
    expect(device.state).toMatchObject({ fault: { code: 'antivirus.unknown', context: { probe: 'packages' } } });
    device.assign(policy(device, { waivers: [{ probe: 'packages', ...lasting(device, 7) }] }));
    expect(await device.until('protected')).toBe(true);
    await device.host.time.run(600_000);
    expect(device.console.device().report?.antivirus?.value.failedProbes).toMatchObject([
      { probe: 'packages', waived: true },
    ]);
  });

  it('of another look changes nothing', async () => {
    const device = await blocked(unreadable);
    device.assign(policy(device, { waivers: [{ probe: 'services', ...lasting(device, 7) }] }));
    await device.host.time.run(3_600_000);
    expect(device.state).toMatchObject({ kind: 'blocked', fault: { code: 'antivirus.unknown' } });
  });

  it('does not hide what the other looks find', async () => {
    const device = await blocked(unreadable);
    device.host.inventoryChanges = {
      ...device.host.inventoryChanges,
      services: {
        status: 'ok',
        value: [{ name: 'falcon-sensor.service', state: 'running', enabled: true, system: true }],
      },
    };
    await device.host.time.run(120_000);
    device.assign(policy(device, { waivers: [{ probe: 'packages', ...lasting(device, 7) }] }));
    await device.host.time.run(3_600_000);
    expect(device.state).toMatchObject({ kind: 'blocked', conflicts: [{ productId: 'crowdstrike-falcon' }] });
  });
});

describe('SentinelOne that another product brought along', () => {
  const services = (state: 'running' | 'stopped') => ({
    status: 'ok' as const,
    value: [{ name: 'sentinelone.service', state, enabled: true, system: true }],
  });

  it('is not installed over, and said to be itself', async () => {
    const device = await blocked(({ host }) => {
      host.inventoryChanges = { services: services('running') };
    });
    expect(device.state).toMatchObject({ conflicts: [{ productId: 'sentinelone', state: 'self' }] });
    await device.host.time.run(3_600_000);
    expect(device.host.packageManager.starts).toEqual([]);
  });

  it('that left a stopped service behind does not keep the package away', async () => {
    const device = new Device();
    device.host.inventoryChanges = { services: services('stopped') };
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('protected')).toBe(true);
  });

  it('goes, and the package comes', async () => {
    const device = await blocked(({ host }) => {
      host.inventoryChanges = { services: services('running') };
    });
    device.host.inventoryChanges = {};
    expect(await device.until('protected')).toBe(true);
  });
});
