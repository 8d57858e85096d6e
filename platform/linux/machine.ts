import { createHash } from 'node:crypto';
import { hostname, machine as kernelArchitecture, release as kernelRelease, totalmem } from 'node:os';
import { packageDatabases } from '#platform/linux/packages.ts';
import { architectureOf, hardwareId, hypervisorOf, type HardwareIds } from '#platform/linux/parse/hardware.ts';
import { packageFormats, parseOsRelease } from '#platform/linux/parse/os-release.ts';
import { parseSse42 } from '#platform/linux/parse/proc.ts';
import { readBootId } from '#platform/linux/processes.ts';
import { listSystemDirectory, readSystemFile, readSystemLink } from '#platform/linux/read.ts';
import type { Runner } from '#platform/linux/runner.ts';
import { productKind } from '#platform/linux/survey.ts';
import type { Machine } from '#platform/platform.ts';

const transactionalIds: ReadonlySet<string> = new Set(['opensuse-microos', 'opensuse-aeon', 'sle-micro', 'sl-micro']);

export async function readMachine(runner: Runner): Promise<Machine> {
  const text = (await readSystemFile('/etc/os-release')) ?? (await readSystemFile('/usr/lib/os-release')) ?? '';
  const distribution = parseOsRelease(text);
  const cpuinfo = (await readSystemFile('/proc/cpuinfo')) ?? '';
  const architecture = architectureOf(kernelArchitecture());
  return {
    os: 'linux',
    name: distribution.name,
    version: distribution.version ?? /^\d+(?:\.\d+)*/.exec(kernelRelease())?.[0] ?? '0',
    architecture,
    product: await productKind(),
    formats: packageFormats(distribution, await packageDatabases()),
    distribution: { id: distribution.id, like: distribution.like },
    imageBased: await isImageBased(distribution.id),
    sse42: architecture === 'x64' || architecture === 'x86' ? parseSse42(cpuinfo) : null,
    memoryBytes: totalmem(),
    hostname: hostname(),
    virtualisation: await virtualisation(runner, cpuinfo),
    fingerprint: await fingerprint(),
    bootId: await readBootId(),
  };
}

/** ostree leaves a mark, SUSE's transactional systems have names of their own; packages cannot write their /usr. */
async function isImageBased(id: string): Promise<boolean> {
  return transactionalIds.has(id) || (await listSystemDirectory('/run')).includes('ostree-booted');
}

async function virtualisation(runner: Runner, cpuinfo: string): Promise<string | null> {
  const probe = await runner.probe({ program: 'systemd-detect-virt', args: [] });
  const word = probe.status === 'ok' ? probe.value.stdout.trim() : '';
  if (/^[a-z0-9-]{1,40}$/.test(word)) return word === 'none' ? null : word;
  return hypervisorOf(cpuinfo);
}

/**
 * Changes when an image is cloned and stays when hardware is added: the OS's own id with the one hardware id that is
 * hardest to copy. A network card alone counts only where firmware tells nothing.
 */
async function fingerprint(): Promise<string> {
  const [machineId, productUuid, serial] = await Promise.all([
    readSystemFile('/etc/machine-id'),
    readSystemFile('/sys/class/dmi/id/product_uuid'),
    readSystemFile('/proc/device-tree/serial-number'),
  ]);
  const ids: HardwareIds = { productUuid, deviceTreeSerial: serial, macs: await builtInMacs() };
  const lines = ['garrison-fingerprint-1', machineId?.trim() ?? '', hardwareId(ids)];
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** Permanent addresses of interfaces that have a device and did not come by USB, in order of their names. */
async function builtInMacs(): Promise<readonly string[]> {
  const macs: string[] = [];
  for (const name of [...(await listSystemDirectory('/sys/class/net'))].sort()) {
    const base = `/sys/class/net/${name}`;
    const bus = await readSystemLink(`${base}/device/subsystem`);
    const permanent = (await readSystemFile(`${base}/addr_assign_type`))?.trim() === '0';
    const address = (await readSystemFile(`${base}/address`))?.trim().toLowerCase();
    if (bus !== null && !bus.endsWith('/usb') && permanent && address) macs.push(address);
  }
  return macs;
}
