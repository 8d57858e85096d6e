/** Devices whose installers want, begin or survive a restart. */
import { Device, type DeviceOptions } from '#test/worlds/host/device.ts';
import type { Script } from '#test/worlds/host/installer.ts';
import { restartingVendor } from '#test/worlds/host/restarting.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** The console lets the agent restart devices, whatever time it is. */
export const anyHour = { kind: 'window', startMinute: 0, endMinute: 1439 } as const;

export interface Setting {
  readonly scripts: readonly Script[];
  /** The console lets the agent restart devices at any hour. */
  readonly reboots?: boolean;
  readonly product?: 'client' | 'server';
  readonly ranForMs?: number;
  readonly options?: DeviceOptions;
  /** The first agent dies at that effect, and what dies with it. */
  readonly diesAt?: number;
  readonly crash?: 'process' | 'power';
}

export function start({
  scripts,
  reboots = false,
  product = 'client',
  ranForMs = 2 * dayMs,
  options = {},
}: Setting): Device {
  const device = new Device({ ...options, vendor: restartingVendor });
  device.host.machineChanges = { product };
  device.host.bootedAtMs = -ranForMs;
  device.host.packageManager.coming.push(...scripts);
  const reboot = reboots
    ? ({ kind: 'window', startMinute: 0, endMinute: 1439 } as const)
    : ({ kind: 'never' } as const);
  device.assignsOnEnrolment({ reboot });
  device.start();
  return device;
}

export const starts = (device: Device): number => device.host.packageManager.starts.length;
export const asked = (device: Device): number => device.host.reboots.asked.length;
export const events = (device: Device, kind: string): readonly Record<string, unknown>[] =>
  device.console.events().flatMap((event) => (event.kind === kind ? [event.data] : []));
export const afterRestart = async (device: Device): Promise<void> => {
  device.host.restart();
  await device.host.time.run(2 * minuteMs);
};
