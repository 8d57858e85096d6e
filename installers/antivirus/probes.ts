/** Looks that failed. "Could not look" is never "nothing there". */
import type { Inventory } from '#platform/inventory.ts';
import { plainLine } from '#installers/antivirus/text.ts';

/** The inventory's sources; also what a waiver names. */
export const probeNames = [
  'packages',
  'services',
  'processes',
  'drivers',
  'paths',
  'securityCenter',
  'uninstallEntries',
  'systemExtensions',
  'launchDaemons',
  'bundleIds',
  'receipts',
  'defender',
] as const;
export type ProbeName = (typeof probeNames)[number];

export interface FailedProbe {
  readonly probe: ProbeName;
  readonly code: string;
  readonly detail: string;
  /** Without it nothing can be said; otherwise the other sources decide. */
  readonly essential: boolean;
}

/** For the administrator. */
export const probeTitles: { readonly [probe in ProbeName]: string } = {
  packages: 'installed packages',
  services: 'services',
  processes: 'running processes',
  drivers: 'drivers and kernel modules',
  paths: 'program folders',
  securityCenter: 'Windows Security Center',
  uninstallEntries: 'installed programs',
  systemExtensions: 'system extensions',
  launchDaemons: 'launch daemons',
  bundleIds: 'applications',
  receipts: 'installer receipts',
  defender: 'Microsoft Defender',
};

/** Security Center is missing on every Windows server, and then `unsupported`, which is no failure. */
const essential: { readonly [os in Inventory['os']]: readonly ProbeName[] } = {
  linux: ['packages', 'services', 'processes'],
  macos: ['systemExtensions', 'launchDaemons', 'processes'],
  windows: ['services', 'drivers', 'uninstallEntries', 'securityCenter'],
};

/** These exist on every machine of the system: not having them means that we did not look. */
const alwaysThere: { readonly [os in Inventory['os']]: readonly ProbeName[] } = {
  linux: ['processes'],
  macos: ['processes'],
  windows: ['services'],
};

export function failedProbes(inventory: Inventory): FailedProbe[] {
  return probeNames.flatMap((name): FailedProbe[] => {
    const probe = inventory[name];
    if (probe.status === 'ok') return [];
    const missing = probe.status === 'unsupported';
    if (missing && !alwaysThere[inventory.os].includes(name)) return [];
    const code = missing ? 'unsupported' : plainLine(probe.code);
    return [{ probe: name, code, detail: plainLine(probe.detail), essential: essential[inventory.os].includes(name) }];
  });
}
