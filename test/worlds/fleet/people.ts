/** What a fleet of customers looks like: organisations, machines, and what is on them. Made up, the same for the same number. */
import type { Conflict } from '#protocol/state.ts';
import type { Machine } from '#test/worlds/fleet/device.ts';

export interface Customer {
  readonly name: string;
  /** Of all devices, in percent. */
  readonly share: number;
  /** Begins the names of its machines. */
  readonly short: string;
}

/** One large customer and many small ones, as service providers have them. The shares add up to 100. */
export const customers: readonly Customer[] = [
  { name: 'Northwind Logistics', share: 60, short: 'nwl' },
  { name: 'Fabrikam Manufacturing', share: 10, short: 'fab' },
  { name: 'Contoso Retail', share: 8, short: 'con' },
  { name: 'Tailspin Clinics', share: 6, short: 'tsp' },
  { name: 'Adventure Outfitters', share: 5, short: 'adv' },
  { name: 'Coho Vineyard', share: 4, short: 'coh' },
  { name: 'Litware Law', share: 3, short: 'lit' },
  { name: 'Proseware Schools', share: 2, short: 'pro' },
  { name: 'Wingtip Bakery', share: 2, short: 'wng' },
];

const gibibyte = 1024 ** 3;
const common = { virtualisation: null, bootId: 'boot-1', memoryBytes: 16 * gibibyte } as const;

interface Kind {
  readonly percent: number;
  readonly letter: string;
  readonly machine: Omit<Machine, 'hostname' | 'bootId' | 'memoryBytes' | 'virtualisation'>;
}

const kinds: readonly Kind[] = [
  {
    percent: 62,
    letter: 'pc',
    machine: {
      os: 'windows',
      name: 'Windows 11 Pro',
      version: '10.0.22631',
      architecture: 'x64',
      product: 'client',
      target: 'windows-x64',
    },
  },
  {
    percent: 10,
    letter: 'srv',
    machine: {
      os: 'windows',
      name: 'Windows Server 2022',
      version: '10.0.20348',
      architecture: 'x64',
      product: 'server',
      target: 'windows-x64',
    },
  },
  {
    percent: 12,
    letter: 'mac',
    machine: { os: 'macos', name: 'macOS', version: '14.6', architecture: 'arm64', product: 'client', target: 'macos' },
  },
  {
    percent: 10,
    letter: 'lnx',
    machine: {
      os: 'linux',
      name: 'Debian GNU/Linux 12 (bookworm)',
      version: '12',
      architecture: 'x64',
      product: 'server',
      target: 'linux-x64-deb',
    },
  },
  {
    percent: 6,
    letter: 'db',
    machine: {
      os: 'linux',
      name: 'Rocky Linux 9.4',
      version: '9.4',
      architecture: 'x64',
      product: 'server',
      target: 'linux-x64-rpm',
    },
  },
];

export function machineOf(customer: Customer, index: number): Machine {
  const place = (index * 37) % 100;
  let upTo = 0;
  const kind = kinds.find((one) => (upTo += one.percent) > place) ?? kinds[0];
  if (kind === undefined) throw new Error('there are kinds');
  const hostname = `${customer.short}-${kind.letter}-${String(index + 1).padStart(4, '0')}`;
  return { ...common, ...kind.machine, hostname };
}

/** Every 16th machine has another antivirus. */
export function conflictsOf(machine: Machine, index: number): Conflict[] {
  if (index % 16 !== 5) return [];
  const found = {
    windows: {
      productId: 'sophos',
      name: 'Sophos Endpoint',
      version: '2024.1.3',
      evidence: ['service Sophos Endpoint Defense Service'],
    },
    macos: {
      productId: 'eset',
      name: 'ESET Endpoint Security',
      version: '8.1',
      evidence: ['system extension com.eset.endpoint'],
    },
    linux: {
      productId: 'clamav',
      name: 'ClamAV',
      version: '1.0.7',
      evidence: ['package clamav-daemon 1.0.7 (dpkg)', 'process clamd'],
    },
  } as const;
  const { evidence, ...rest } = found[machine.os];
  return [{ ...rest, evidence: [...evidence], state: 'active', remedy: 'Uninstall it, then press Check again.' }];
}
