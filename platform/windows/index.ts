import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import { win32 } from 'node:path';
import { systemClock } from '#platform/clock.ts';
import { readHardwareApart } from '#platform/hardware-child.ts';
import type { Probe } from '#platform/inventory.ts';
import { failed } from '#platform/looks.ts';
import { checkHost } from '#platform/network.ts';
import type { PlatformOptions } from '#platform/options.ts';
import type { Machine, Platform } from '#platform/platform.ts';
import { lockExclusively } from '#platform/single-instance.ts';
import { Boot, firstProcess, uptimeNow } from '#platform/windows/boot.ts';
import { WindowsFiles } from '#platform/windows/files.ts';
import { launchShim, startInstaller } from '#platform/windows/launch.ts';
import { heldLocks } from '#platform/windows/locks.ts';
import { readMachine } from '#platform/windows/machine.ts';
import { packageMetadata, packageState, verifySignature } from '#platform/windows/packages.ts';
import { Processes } from '#platform/windows/processes.ts';
import { Protection } from '#platform/windows/protection.ts';
import { cancelReboot, pendingReboot, requestReboot } from '#platform/windows/reboot.ts';
import { Runner } from '#platform/windows/runner.ts';
import { serviceLog } from '#platform/windows/service-log.ts';
import { services, startService } from '#platform/windows/services.ts';
import { surveyInventory } from '#platform/windows/survey.ts';
import { programFiles, systemDrive } from '#platform/windows/system-root.ts';
import { probeVendorTool } from '#platform/windows/vendor-tool.ts';

/** How programs are started, and whose a path is; the files in between need both. */
export function windowsRunner(options: PlatformOptions): WindowsParts {
  const scratchDirectory = scratchOf(options);
  const proxy = options.proxy ?? null;
  const runner = new Runner({ scratch: () => files.openPrivateDirectory(scratchDirectory), proxy });
  const protection = new Protection(runner);
  const files = new WindowsFiles(runner, protection);
  return { runner, protection, files };
}

interface WindowsParts {
  readonly runner: Runner;
  readonly protection: Protection;
  readonly files: WindowsFiles;
}

function scratchOf(options: PlatformOptions): string {
  return options.scratchDirectory ?? `${programFiles()}\\Garrison\\State\\Runtime\\scratch`;
}

export function windowsPlatform(options: PlatformOptions): Platform {
  const scratchDirectory = scratchOf(options);
  const proxy = options.proxy ?? null;
  const { runner, protection, files } = windowsRunner(options);
  const boot = new Boot(win32.dirname(scratchDirectory), () => firstProcess(runner));
  const clock = systemClock(uptimeNow);
  const processes = new Processes(
    runner,
    () => boot.id(),
    () => clock.monotonic(),
  );
  const hostCheck = { plainHttpToLoopback: options.plainHttpToLoopback ?? false, proxy, systemRoots };
  let machine: Promise<Omit<Machine, 'bootId'>> | null = null;
  return {
    os: 'windows',
    clock,
    files,
    randomBytes: (length) => randomBytes(length),
    async machine() {
      machine ??= readMachine(runner);
      return { ...(await machine), bootId: await boot.id() };
    },
    inventory: (query) => surveyInventory(runner, query),
    hardware: () => readHardwareApart(runner, options.selfCommand),
    freeBytes,
    pendingReboot: () => pendingReboot(runner),
    requestReboot: (request) => requestReboot(runner, request),
    cancelReboot: () => cancelReboot(runner),
    locks: (format) => heldLocks(processes, format),
    packageState: (format, names) => packageState(runner, format, names),
    packageMetadata,
    verifySignature: (format, path, pinned) => verifySignature(runner, format, { path, pinned }),
    probe: (invocation, limits) => runner.probe(invocation, limits),
    probeVendorTool: (tool, args, stdin) =>
      probeVendorTool({ runner, protection }, tool, { args, ...(stdin === undefined ? {} : { stdin }) }),
    launchShim: (directory) => launchShim(options.selfCommand, directory),
    startInstaller: (invocation, given) => startInstaller({ files, runner, processes }, invocation, given),
    isAlive: (identity) => processes.isAlive(identity),
    self: () => processes.self(),
    installerProcesses: (vendorPrograms) => processes.installers(vendorPrograms),
    services: (names) => services(runner, names),
    serviceLog: () => serviceLog(files),
    startService: (name) => startService(runner, name, (ms) => clock.sleep(ms)),
    checkHost: (host) => checkHost(host, hostCheck),
    async lockExclusively(directory) {
      const lock = await lockExclusively(directory);
      if (lock !== null) await boot.note(files);
      return lock;
    },
    uptimeMs: async () => uptimeNow(),
  };
}

/** The store that the administrator maintains, read by the runtime itself. */
async function systemRoots(): Promise<readonly string[]> {
  return getCACertificates('system');
}

/** `/` stands for the drive of the system. */
async function freeBytes(path: string): Promise<Probe<number>> {
  try {
    const { bavail, bsize } = await statfs(path === '/' ? `${systemDrive()}\\` : path);
    return { status: 'ok', value: bavail * bsize };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
