import { linuxPlatform, type LinuxOptions } from '#platform/linux/index.ts';
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
