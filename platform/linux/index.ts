import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { uptime } from 'node:os';
import { systemClock } from '#platform/clock.ts';
import { readHardwareApart } from '#platform/hardware-child.ts';
import type { Probe } from '#platform/inventory.ts';
import { LinuxFiles, type LinuxFilesOptions } from '#platform/linux/files.ts';
import { launchShim, startPackageManager } from '#platform/linux/launch.ts';
import { heldLocks } from '#platform/linux/locks.ts';
import { readMachine } from '#platform/linux/machine.ts';
import { systemRoots } from '#platform/linux/roots.ts';
import { packageMetadata, packageState } from '#platform/linux/packages.ts';
import { installerProcesses, isAlive, ownIdentity } from '#platform/linux/processes.ts';
import { cancelReboot, pendingReboot, requestReboot } from '#platform/linux/reboot.ts';
import { Runner } from '#platform/linux/runner.ts';
import { serviceLog } from '#platform/linux/service-log.ts';
import { services, startService } from '#platform/linux/services.ts';
import { verifySignature } from '#platform/linux/signature.ts';
import { surveyInventory } from '#platform/linux/survey.ts';
import { probeVendorTool } from '#platform/linux/vendor-tool.ts';
import { failed } from '#platform/looks.ts';
import { checkHost } from '#platform/network.ts';
import type { PlatformOptions } from '#platform/options.ts';
import type { Platform } from '#platform/platform.ts';
import { lockExclusively } from '#platform/single-instance.ts';

export interface LinuxOptions extends PlatformOptions, Partial<LinuxFilesOptions> {}

export function linuxPlatform(options: LinuxOptions): Platform {
  const files = linuxFiles(options);
  const runner = linuxRunner(options, files);
  const hostCheck = {
    plainHttpToLoopback: options.plainHttpToLoopback ?? false,
    proxy: options.proxy ?? null,
    systemRoots,
  };
  return {
    os: 'linux',
    clock: systemClock(uptimeNow),
    files,
    randomBytes: (length) => randomBytes(length),
    machine: () => readMachine(runner),
    inventory: (query) => surveyInventory(runner, query),
    hardware: () => readHardwareApart(runner, options.selfCommand),
    freeBytes,
    pendingReboot: () => pendingReboot(runner),
    requestReboot: (request) => requestReboot(runner, request),
    cancelReboot: () => cancelReboot(runner),
    locks: (format) => heldLocks(format),
    packageState: (format, names) => packageState(runner, format, names),
    packageMetadata: (format, file) => packageMetadata(runner, format, file),
    verifySignature: (format, path, pinned) => verifySignature(runner, format, { path, pinned }),
    probe: (invocation, limits) => runner.probe(invocation, limits),
    probeVendorTool: (tool, args, stdin) =>
      probeVendorTool(runner, tool, { args, ...(stdin === undefined ? {} : { stdin }) }),
    launchShim: (directory) => launchShim(runner, options.selfCommand, directory),
    startInstaller: (invocation, given) => startPackageManager({ files, runner }, invocation, given),
    isAlive,
    self: ownIdentity,
    installerProcesses,
    services: (names) => services(runner, names),
    serviceLog: () => serviceLog(runner),
    startService: (name) => startService(runner, name),
    checkHost: (host) => checkHost(host, hostCheck),
    lockExclusively,
    uptimeMs: async () => uptimeNow(),
  };
}

export function linuxFiles(options: LinuxOptions): LinuxFiles {
  return new LinuxFiles({ expectedUid: options.expectedUid ?? 0, trustedRoot: options.trustedRoot ?? '/' });
}

/** For what is not the platform: our own service. */
export function linuxRunner(options: LinuxOptions, files = linuxFiles(options)): Runner {
  const scratchDirectory = options.scratchDirectory ?? '/run/garrison';
  return new Runner({ files, scratchDirectory, proxy: options.proxy ?? null });
}

/** Boot time with sleep included: /proc/uptime counts it, Node's own monotonic clock stands still meanwhile. */
function uptimeNow(): number {
  return Math.round(uptime() * 1000);
}

/** Free for root, reserved blocks included: installers run as root. */
async function freeBytes(path: string): Promise<Probe<number>> {
  try {
    const { bfree, bsize } = await statfs(path);
    return { status: 'ok', value: bfree * bsize };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
