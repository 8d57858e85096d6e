/** Looks that failed. "Could not look" is never "nothing there". */
import type { Inventory } from '#platform/inventory.ts';
import { isSecurityCenterStopped } from '#installers/antivirus/security-center.ts';
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
  macos: ['systemExtensions', 'launchDaemons', 'processes'],
  windows: ['services', 'drivers', 'uninstallEntries'],
};

/** What an administrator can do besides waiting; `default` where nothing more is known. */
const remedies: { readonly [key: string]: string } = {
  'securityCenter security-center.stopped':
    'Start the service "Security Center" (wscsvc) and set it to start by itself, or waive this one look for a limited time.',
  securityCenter:
    'It is tried again by itself. If it goes on, repair WMI on the device (winmgmt /verifyrepository tells its state), or waive this one look for a limited time.',
  default: 'It is tried again by itself. An administrator may waive this one look for a limited time.',
};

export function probeRemedy({ probe, code }: FailedProbe): string {
  return remedies[`${probe} ${code}`] ?? remedies[probe] ?? remedies['default'] ?? '';
}

export function failedProbes(inventory: Inventory): FailedProbe[] {
  return probeNames.flatMap((name): FailedProbe[] => {
    const failure = failureOf(inventory, name);
    return failure === null ? [] : [{ probe: name, ...failure, essential: essential[inventory.os].includes(name) }];
  });
}

function failureOf(inventory: Inventory, name: ProbeName): Pick<FailedProbe, 'code' | 'detail'> | null {
  const probe = inventory[name];
  switch (probe.status) {
    case 'ok':
      if (name !== 'securityCenter' || !isSecurityCenterStopped(inventory)) return null;
      return {
        code: 'security-center.stopped',
        detail: 'the service wscsvc does not run: what it lists can be out of date',
      };
    case 'unsupported':
      return isAlwaysThere(inventory, name) ? { code: 'unsupported', detail: plainLine(probe.detail) } : null;
    case 'failed':
      return { code: plainLine(probe.code), detail: plainLine(probe.detail) };
  }
}

/** Every Windows client has Security Center, no Windows server does. */
function isAlwaysThere({ os, product }: Inventory, name: ProbeName): boolean {
  if (name === 'securityCenter') return os === 'windows' && product === 'client';
  return alwaysThere[os].includes(name);
}
