import { createHash } from 'node:crypto';
import { hostname, machine as kernelArchitecture, release as kernelRelease, totalmem } from 'node:os';
import type { Machine } from '#platform/platform.ts';
import { leafOf, textOf } from '#platform/windows/parse/reg-query.ts';
import { smbiosUuid } from '#platform/windows/parse/smbios.ts';
import { architectureOf, hypervisorOf, productKind, productName, sse42Of } from '#platform/windows/parse/system.ts';
import { queryRegistry, readKey } from '#platform/windows/registry.ts';
import type { Starter } from '#platform/windows/runner.ts';

const control = 'HKLM\\SYSTEM\\CurrentControlSet\\Control';
const description = 'HKLM\\HARDWARE\\DESCRIPTION\\System';

/** All but the boot: nothing of it changes while a process lives. */
export async function readMachine(starter: Starter): Promise<Omit<Machine, 'bootId'>> {
  const [version, options, environment, bios, processor] = await Promise.all([
    readKey(starter, 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion'),
    readKey(starter, `${control}\\ProductOptions`),
    readKey(starter, `${control}\\Session Manager\\Environment`),
    readKey(starter, `${description}\\BIOS`),
    readKey(starter, `${description}\\CentralProcessor\\0`),
  ]);
  const kernel = /^\d+(?:\.\d+)*/.exec(kernelRelease())?.[0] ?? '0';
  const build = Number(kernel.split('.')[2] ?? Number.NaN);
  const architecture = architectureOf([
    // The registry speaks of the machine, the variables of the process; W6432 is set in a 32-bit one only.
    textOf(environment, 'PROCESSOR_ARCHITECTURE'),
    process.env['PROCESSOR_ARCHITEW6432'],
    kernelArchitecture(),
    process.env['PROCESSOR_ARCHITECTURE'],
  ]);
  return {
    os: 'windows',
    name: productName(
      textOf(version, 'ProductName'),
      Number.isNaN(build) ? null : build,
      textOf(version, 'DisplayVersion'),
    ),
    version: kernel,
    architecture,
    product: productKind(textOf(options, 'ProductType')),
    formats: ['exe', 'msi'],
    distribution: null,
    imageBased: false,
    sse42: architecture === 'x64' || architecture === 'x86' ? sse42Of(textOf(processor, 'Identifier')) : null,
    memoryBytes: totalmem(),
    hostname: hostname(),
    virtualisation: hypervisorOf(textOf(bios, 'SystemManufacturer'), textOf(bios, 'SystemProductName')),
    fingerprint: await fingerprint(starter),
  };
}

/** Product type alone, for the inventory. */
export async function readProductKind(starter: Starter): Promise<Machine['product']> {
  return productKind(textOf(await readKey(starter, `${control}\\ProductOptions`), 'ProductType'));
}

/**
 * Changes when an image is cloned and stays when hardware is added: the id that Windows' set-up made, with the one of
 * the firmware. The former stays in a cloned image, the latter does not.
 */
async function fingerprint(starter: Starter): Promise<string> {
  const cryptography = await readKey(starter, 'HKLM\\SOFTWARE\\Microsoft\\Cryptography');
  const machineGuid = textOf(cryptography, 'MachineGuid')?.trim().toLowerCase() ?? '';
  const lines = ['garrison-fingerprint-1', machineGuid, await hardwareId(starter)];
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** The firmware's table as the kernel read it at this start; `LastConfig` is made of the same UUID where it is missing. */
async function hardwareId(starter: Starter): Promise<string> {
  const table = await queryRegistry(starter, {
    key: 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\mssmbios\\Data',
    value: 'SMBiosData',
  });
  const data =
    table.status === 'ok' ? table.value.keys.find((key) => leafOf(key.path).toLowerCase() === 'data') : undefined;
  const uuid = smbiosUuid(textOf(data, 'SMBiosData') ?? '');
  if (uuid !== null) return `uuid ${uuid}`;
  const configured = textOf(await readKey(starter, 'HKLM\\SYSTEM\\HardwareConfig'), 'LastConfig');
  return configured === null ? '' : `configuration ${configured.toLowerCase()}`;
}
