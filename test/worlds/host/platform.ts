/** The in-memory host as one process sees it. */
import { createHash } from 'node:crypto';
import type { Inventory, Probe } from '#platform/inventory.ts';
import type { PackageMetadata, Platform } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';
import { memoryFiles } from '#test/worlds/host/files.ts';
import type { Host } from '#test/worlds/host/host.ts';
import type { HostProcess } from '#test/worlds/host/process.ts';
import { sentinelctl } from '#test/worlds/host/product.ts';

export interface HostPlatform extends Platform {
  readonly process: HostProcess;
}

const ok = <T>(value: T): Probe<T> => ({ status: 'ok', value });
const absent = { status: 'unsupported', detail: 'does not exist on Linux' } as const;

export function hostPlatform(host: Host, process: HostProcess): HostPlatform {
  const files = memoryFiles({ disk: host.disk, process, now: () => host.wallNow() });
  let drawn = 0;
  return {
    process,
    get os() {
      return host.machine().os;
    },
    files,
    clock: {
      now: () => host.wallNow(),
      monotonic: () => host.time.nowMs - host.bootedAtMs,
      sleep: (ms, signal) => process.sleep(ms, signal),
    },
    randomBytes(length) {
      drawn += 1;
      const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
        createHash('sha256').update(`${process.pid} ${drawn} ${index}`).digest(),
      );
      return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
    },
    machine: () => process.look(() => host.machine()),
    hardware: () => process.look(() => ({ status: 'unsupported', detail: 'this machine has none' }) as const),
    inventory: () => process.look(() => inventoryOf(host)),
    freeBytes: () => process.look(() => ok(host.freeBytes ?? host.disk.capacityBytes - host.disk.usedBytes())),
    pendingReboot: () => process.look(() => host.pendingReboot),
    requestReboot: (request) => process.effect('request reboot', () => host.reboots.schedule(request)),
    cancelReboot: () => process.effect('cancel reboot', () => host.reboots.cancel()),
    locks: () => process.look(() => ok([...host.locks])),
    packageState: () =>
      process.look(() => {
        if (host.unreadablePackages)
          return { status: 'failed', code: 'system.unreadable', detail: 'dpkg-query was killed' } as const;
        const { package: state, version, detail } = host.product;
        return ok({ state, version: state === 'absent' ? null : version, detail });
      }),
    packageMetadata: (_format, file) => process.look(() => metadataOf(host, file)),
    verifySignature: () => process.look(() => ({ status: 'not-applicable' }) as const),
    probe: ({ program }) => process.look(() => notListed(program)),
    probeVendorTool: (_tool, args) =>
      process.look(() => {
        if (host.product.package !== 'present')
          return { status: 'failed', code: 'health.untrusted-tool', detail: 'not there' } as const;
        if (args.join(' ') === 'control start') {
          host.product = { ...host.product, service: 'running', connectedFromMs: host.time.nowMs + 4_000 };
        }
        return ok({
          ...sentinelctl(host.product, args, host.time.nowMs),
          stderr: '',
          timedOut: false,
          truncated: false,
        });
      }),
    launchShim: (directory) => process.effect('launch shim', () => host.startShim(directory)),
    startInstaller: (invocation, options) =>
      process.effect('start installer', () => {
        const { identity, exited } = host.packageManager.start(invocation, options, () => !crashed(process));
        return { identity, exited: process.wait(exited) };
      }),
    isAlive: ({ pid, bootId }) => process.look(() => bootId === host.bootId && host.isAlive(pid)),
    self: () => process.look(() => ({ pid: process.pid, startTime: 'its own', bootId: host.bootId })),
    installerProcesses: (programs) =>
      process.look(() => {
        programs.forEach((name) => host.installersAskedFor.add(name));
        return ok([...host.foreignInstallers, ...host.packageManager.running()]);
      }),
    services: (names) =>
      process.look(() =>
        ok(
          names.map((name) => ({
            name,
            state: name === 'sentinelone.service' ? host.product.service : ('absent' as const),
          })),
        ),
      ),
    startService: () =>
      process.effect('start service', () => {
        host.product = { ...host.product, service: 'running' };
        return ok(undefined);
      }),
    checkHost: (name) => process.look(() => ({ host: name, ...host.vendorHost })),
    lockExclusively: (directory) => process.look(() => lock(host, process, directory.path)),
    uptimeMs: () => process.look(() => host.time.nowMs - host.bootedAtMs),
  };
}

function crashed({ crashAt, effects }: HostProcess): boolean {
  return crashAt !== null && effects.length >= crashAt;
}

function inventoryOf(host: Host): Inventory {
  const { product } = host;
  const own = { format: 'deb', name: 'sentinelagent', version: product.version, state: 'installed' } as const;
  const { os, product: edition } = host.machine();
  return {
    os,
    product: edition,
    packages: ok([...host.packages, ...(product.package === 'present' ? [own] : [])]),
    services: ok([]),
    processes: ok([]),
    drivers: ok([]),
    paths: ok([]),
    securityCenter: absent,
    uninstallEntries: absent,
    systemExtensions: absent,
    launchDaemons: absent,
    bundleIds: absent,
    receipts: absent,
    defender: absent,
    ...host.inventoryChanges,
  };
}

/** A package of this world begins with its metadata as one line of JSON. */
function metadataOf(host: Host, path: string): Probe<PackageMetadata> {
  const node = host.disk.lookup(path);
  if (node?.kind !== 'file') return { status: 'failed', code: 'package.unreadable', detail: 'not there' };
  try {
    return ok(JSON.parse(node.bytes.toString('utf8').split('\n')[0] ?? '') as PackageMetadata);
  } catch {
    return { status: 'failed', code: 'package.unreadable', detail: 'not a package' };
  }
}

function notListed(program: string): never {
  throw new Fault('agent.defect', `${program} is not in the list of programs`);
}

export function lock(host: Host, process: HostProcess, path: string): { release(): Promise<void> } | null {
  const node = host.disk.lookup(path);
  if (node === null || host.exclusive.has(node)) return null;
  host.exclusive.set(node, process);
  return {
    release: () =>
      process.look(() => {
        host.exclusive.delete(node);
      }),
  };
}
