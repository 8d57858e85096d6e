import type { LinuxOptions } from '#platform/linux/index.ts';
import type { OwnService, ServiceManager } from '#platform/own-service.ts';
import type { OperatingSystem, Platform } from '#platform/platform.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import type { UpdateHost, WatchedService } from '#platform/update-host.ts';
import { isAdministrator } from '#platform/windows/administrator.ts';
import { Fault } from '#protocol/codes.ts';

/** What every system needs to know about us; the systems' own options are theirs. */
export type PlatformOptions = LinuxOptions;

const systems: Readonly<Record<string, OperatingSystem>> = { linux: 'linux', darwin: 'macos', win32: 'windows' };

/** The system this process runs on; the only place that asks. `selection.unsupported` for one we have no folder for. */
export function currentSystem(): OperatingSystem {
  const system = systems[process.platform];
  if (system !== undefined) return system;
  throw new Fault('selection.unsupported', `Garrison does not run on ${process.platform}`, {
    context: { system: process.platform },
  });
}

/** Loads the one folder that is needed. */
export async function currentPlatform(options: PlatformOptions): Promise<Platform> {
  const system = currentSystem();
  switch (system) {
    case 'linux':
      return (await import('#platform/linux/index.ts')).linuxPlatform(options);
    case 'windows':
      return (await import('#platform/windows/index.ts')).windowsPlatform(options);
    case 'macos':
      return (await import('#platform/macos/index.ts')).macosPlatform(options);
  }
}

/** Null when this process may do the agent's work, else who it runs as: root, or an elevated administrator. */
export function whyNotPrivileged(): string | null {
  if (currentSystem() === 'windows') return isAdministrator() ? null : 'started without administrator rights';
  return process.getuid?.() === 0 ? null : `started as user ${process.getuid?.() ?? 'unknown'}`;
}

/** Our own service on this system. */
export async function currentService(options: PlatformOptions): Promise<OwnService> {
  const system = currentSystem();
  switch (system) {
    case 'linux': {
      const { linuxService } = await import('#platform/linux/own-service.ts');
      const { runner, versions } = await linuxUpdating(options);
      return linuxService(runner, versions);
    }
    case 'windows': {
      const { windowsService } = await import('#platform/windows/own-service.ts');
      const { windowsRunner } = await import('#platform/windows/index.ts');
      return windowsService(windowsRunner(options));
    }
    case 'macos':
      return macosOwnService(options);
  }
}

async function macosOwnService(options: PlatformOptions): Promise<OwnService> {
  const { daemonPlace } = await import('#platform/macos/daemon-place.ts');
  const { macosService } = await import('#platform/macos/own-service.ts');
  return macosService({ ...(await macosUpdating(options)), place: daemonPlace });
}

async function macosUpdating(options: PlatformOptions) {
  const { macosRunner } = await import('#platform/macos/index.ts');
  const { macosVersions } = await import('#platform/macos/versions.ts');
  const { runner, outside } = macosRunner(options);
  return { runner, outside, versions: macosVersions(outside.files) };
}

async function linuxUpdating(options: PlatformOptions) {
  const { linuxFiles, linuxRunner } = await import('#platform/linux/index.ts');
  const { linuxVersions } = await import('#platform/linux/versions.ts');
  const files = linuxFiles(options);
  return { runner: linuxRunner(options, files), versions: linuxVersions(files) };
}

async function windowsUpdating(options: PlatformOptions) {
  const { windowsRunner } = await import('#platform/windows/index.ts');
  const { windowsVersions } = await import('#platform/windows/versions.ts');
  const { runner, protection } = windowsRunner(options);
  return { runner, protection, versions: windowsVersions(protection) };
}

/** The versions of the agent on this machine, for package and watcher; null where Windows Installer and service host see to them. */
export async function currentVersions(options: PlatformOptions): Promise<ProgramVersions | null> {
  const system = currentSystem();
  switch (system) {
    case 'linux':
      return (await linuxUpdating(options)).versions;
    case 'windows':
      return null;
    case 'macos':
      return (await macosUpdating(options)).versions;
  }
}

/** What updating the agent needs of this system. */
export async function currentUpdateHost(options: PlatformOptions): Promise<UpdateHost> {
  const system = currentSystem();
  switch (system) {
    case 'linux': {
      const { linuxUpdateHost } = await import('#platform/linux/update.ts');
      const { runner, versions } = await linuxUpdating(options);
      return linuxUpdateHost(runner, versions);
    }
    case 'windows': {
      const { windowsUpdateHost } = await import('#platform/windows/update.ts');
      return windowsUpdateHost(await windowsUpdating(options));
    }
    case 'macos': {
      const { macosUpdateHost } = await import('#platform/macos/update.ts');
      return macosUpdateHost(await macosUpdating(options));
    }
  }
}

/** The agent's service, for its watcher; null where that is the service host. */
export async function currentWatchedService(options: PlatformOptions): Promise<WatchedService | null> {
  const system = currentSystem();
  switch (system) {
    case 'linux': {
      const { linuxWatchedService } = await import('#platform/linux/update.ts');
      const { runner, versions } = await linuxUpdating(options);
      return linuxWatchedService(runner, versions);
    }
    case 'windows':
      return null;
    case 'macos': {
      const { macosWatchedService } = await import('#platform/macos/update.ts');
      return macosWatchedService(await macosUpdating(options));
    }
  }
}

/** Whoever started this process, if it wants to hear of it. */
export async function currentServiceManager(options: PlatformOptions): Promise<ServiceManager> {
  const system = currentSystem();
  switch (system) {
    case 'linux': {
      const { systemdManager } = await import('#platform/linux/systemd-notify.ts');
      const { linuxRunner } = await import('#platform/linux/index.ts');
      return systemdManager(linuxRunner(options), process.env, process.pid);
    }
    case 'windows': {
      const { serviceHost } = await import('#platform/windows/service-host.ts');
      return serviceHost(process.env, { life: () => process.stdin, signs: () => process.stdout });
    }
    case 'macos':
      return (await import('#platform/macos/daemon-place.ts')).launchdManager;
  }
}
