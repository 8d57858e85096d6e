import { readHardwareApart } from '#platform/hardware-child.ts';
import { approvals } from '#platform/macos/approvals.ts';
import { launchShim, startInstaller } from '#platform/macos/launch.ts';
import { macOutside } from '#platform/macos/mac.ts';
import { readMachine } from '#platform/macos/machine.ts';
import type { MacosFilesOptions } from '#platform/macos/files.ts';
import type { Outside } from '#platform/macos/outside.ts';
import { packageMetadata, packageState, verifySignature } from '#platform/macos/packages.ts';
import { identityOf, installerLocks, installerProcesses, isAlive } from '#platform/macos/processes.ts';
import { cancelReboot, pendingReboot, requestReboot } from '#platform/macos/reboot.ts';
import { Runner } from '#platform/macos/runner.ts';
import { serviceLog } from '#platform/macos/service-log.ts';
import { services, startService } from '#platform/macos/services.ts';
import { surveyInventory } from '#platform/macos/survey.ts';
import { probeVendorTool } from '#platform/macos/vendor-tool.ts';
import type { PlatformOptions } from '#platform/options.ts';
import type { Platform } from '#platform/platform.ts';

export interface MacosOptions extends PlatformOptions, Partial<MacosFilesOptions> {}

export function macosPlatform(options: MacosOptions): Platform {
  return platformOver(outsideOf(options), options);
}

/** For what is not the platform: our own service. */
export function macosRunner(options: MacosOptions): { readonly runner: Runner; readonly outside: Outside } {
  const outside = outsideOf(options);
  return { runner: new Runner(outside, options.proxy ?? null), outside };
}

function outsideOf(options: MacosOptions): Outside {
  return macOutside({
    ...options,
    expectedUid: options.expectedUid ?? 0,
    trustedRoot: options.trustedRoot ?? '/',
  });
}

/** The same adapter over anything that answers like a Mac. */
export function platformOver(outside: Outside, options: PlatformOptions): Platform {
  const runner = new Runner(outside, options.proxy ?? null);
  return {
    os: 'macos',
    clock: outside.clock,
    files: outside.files,
    randomBytes: (length) => outside.randomBytes(length),
    machine: () => readMachine(runner, outside),
    inventory: (query) => surveyInventory(runner, outside, query),
    hardware: () => readHardwareApart(runner, options.selfCommand),
    freeBytes: (path) => outside.kernel.freeBytes(path),
    pendingReboot: () => pendingReboot(runner),
    requestReboot: (request) => requestReboot(runner, request),
    cancelReboot: () => cancelReboot(runner, outside),
    locks: () => installerLocks(runner),
    packageState: (format, names) => packageState(runner, outside, { format, names }),
    packageMetadata: (format, file) => packageMetadata(outside, format, file),
    verifySignature: (format, path, pinned) => verifySignature(runner, format, { path, pinned }),
    probe: (invocation, limits) => runner.probe(invocation, limits),
    probeVendorTool: (tool, args, stdin) => probeVendorTool(runner, outside, { tool, args, stdin }),
    launchShim: (directory) => launchShim(runner, outside, { self: options.selfCommand, directory }),
    startInstaller: (invocation, given) => startInstaller(runner, outside, { invocation, options: given }),
    isAlive: (identity) => isAlive(runner, identity),
    self: () => identityOf(runner, outside.kernel.pid),
    installerProcesses: () => installerProcesses(runner),
    approvals: () => approvals(runner),
    services: (names) => services(runner, outside, names),
    serviceLog: () => serviceLog(outside.files),
    startService: (name) => startService(runner, outside, name),
    checkHost: (host) => outside.checkHost(host),
    lockExclusively: (directory) => outside.lockExclusively(directory),
    uptimeMs: async () => outside.kernel.uptimeMs(),
  };
}
