import { linuxPlatform, linuxRunner, type LinuxOptions } from '#platform/linux/index.ts';
import { linuxService } from '#platform/linux/own-service.ts';
import { systemdManager } from '#platform/linux/systemd-notify.ts';
import type { OwnService, ServiceManager } from '#platform/own-service.ts';
import type { OperatingSystem, Platform } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';

/** What every system needs to know about us; the systems' own options are theirs. */
export type PlatformOptions = LinuxOptions;

const systems: Readonly<Record<string, OperatingSystem>> = { linux: 'linux', darwin: 'macos', win32: 'windows' };

/** The system this process runs on; the only place that asks. `selection.unsupported` for one we have no folder for. */
export function currentPlatform(options: PlatformOptions): Platform {
  const system = systems[process.platform];
  if (system === 'linux') return linuxPlatform(options);
  throw new Fault('selection.unsupported', `Garrison does not run on ${process.platform}`, {
    context: { system: process.platform },
  });
}

/** Our own service on this system. */
export function currentService(options: PlatformOptions): OwnService {
  if (systems[process.platform] === 'linux') return linuxService(linuxRunner(options));
  throw new Fault('service.no-manager', `"service" does not know ${process.platform} yet`);
}

/** Whoever started this process, if it wants to hear of it. */
export function currentServiceManager(options: PlatformOptions): ServiceManager {
  if (systems[process.platform] === 'linux') return systemdManager(linuxRunner(options), process.env, process.pid);
  return { watchdogMs: null, ready: async () => {}, alive: async () => {} };
}
