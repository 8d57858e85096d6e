/** What a machine must be, as rows: a new limit of the vendor is a new row. Facts from the vendor's public requirements. */
import type { Machine } from '#platform/platform.ts';
import type { Target } from '#protocol/words.ts';
import { isWithin } from '#installers/versions.ts';

export interface Problem {
  readonly code: 'machine' | 'system-too-old' | 'system-too-new' | 'no-such-package';
  readonly reason: string;
  readonly help: string;
}

interface MachineRow extends Problem {
  readonly when: (machine: Machine) => boolean;
}

/** No version of the package helps on these machines. First row that applies. */
const machineRows: readonly MachineRow[] = [
  {
    code: 'machine',
    when: (machine) => machine.architecture === 'other',
    reason: 'This processor is neither x86 nor 64-bit ARM.',
    help: 'SentinelOne has no agent for this processor.',
  },
  {
    code: 'machine',
    when: (machine) => machine.os === 'linux' && machine.imageBased,
    reason: 'This is an image-based system (ostree or alike), which packages cannot change.',
    help: 'Use an edition of the system that installs packages.',
  },
  {
    code: 'machine',
    when: (machine) => machine.os === 'linux' && machine.architecture === 'x86',
    reason: 'This is a 32-bit Linux; the agent exists for 64-bit systems only.',
    help: 'Reinstall the machine with a 64-bit system.',
  },
  {
    code: 'machine',
    when: (machine) => machine.os === 'linux' && machine.architecture === 'x64' && machine.sse42 === false,
    reason: 'The processor does not offer SSE4.2, which the agent needs.',
    help: 'On a virtual machine, choose a processor type that passes SSE4.2 on; older hardware cannot run the agent.',
  },
  {
    code: 'machine',
    when: (machine) => machine.os === 'linux' && linuxFormat(machine) === null,
    reason: 'This Linux installs neither deb nor rpm packages.',
    help: 'Use a distribution that SentinelOne supports, with dpkg or rpm.',
  },
  {
    code: 'machine',
    when: (machine) => machine.os === 'macos' && machine.architecture === 'x86',
    reason: 'This is a 32-bit macOS; the agent exists for 64-bit systems only.',
    help: 'Update macOS to 12 or newer.',
  },
  {
    code: 'machine',
    when: (machine) => machine.os === 'windows' && machine.architecture === 'arm64',
    reason: 'This is Windows on ARM, for which Garrison has no tested package.',
    help: 'SentinelOne offers a package for Windows on ARM; install it by hand until Garrison supports it.',
  },
];

interface VersionRow {
  readonly targets: readonly Target[];
  /** Versions of the package this row speaks of: from (included), below (excluded). */
  readonly from: string | null;
  readonly below: string | null;
  /** Versions of the operating system it runs on. */
  readonly systemFrom: string | null;
  readonly systemBelow: string | null;
  readonly runsOn: string;
  readonly helpWhenTooOld: string;
  readonly helpWhenTooNew: string;
}

/** Which version runs on which version of the system. Windows counts by kernel: 6.1 is 7/2008 R2, 6.2 is 8/2012. */
const versionRows: readonly VersionRow[] = [
  {
    targets: ['macos'],
    from: '24.2',
    below: '24.3',
    systemFrom: '12',
    systemBelow: '15.4',
    runsOn: 'macOS 12 to 15.3',
    helpWhenTooOld: 'Update macOS to 12 or newer.',
    helpWhenTooNew: 'Add a newer version and choose it: 24.3 runs on all of macOS 15, 25.1 on macOS 26.',
  },
  {
    targets: ['macos'],
    from: '24.3',
    below: '25.1',
    systemFrom: '13',
    systemBelow: '16',
    runsOn: 'macOS 13 to 15',
    helpWhenTooOld: 'Update macOS to 13 or newer, or choose version 24.2 for macOS 12.',
    helpWhenTooNew: 'Add version 25.1 or newer and choose it.',
  },
  {
    targets: ['macos'],
    from: '25.1',
    below: null,
    systemFrom: '13',
    systemBelow: null,
    runsOn: 'macOS 13 and newer',
    helpWhenTooOld: 'Update macOS to 13 or newer, or choose version 24.2 for macOS 12.',
    helpWhenTooNew: '',
  },
  {
    targets: ['windows-x64'],
    from: '24',
    below: null,
    systemFrom: '6.3',
    systemBelow: null,
    runsOn: 'Windows 8.1, Server 2012 R2 and newer',
    helpWhenTooOld:
      'Choose a version up to 23.4, the last line for Windows 7, Server 2008 R2 and 2012, or update Windows.',
    helpWhenTooNew: '',
  },
  {
    targets: ['windows-x86', 'windows-x64'],
    from: null,
    below: null,
    systemFrom: '6.1',
    systemBelow: null,
    runsOn: 'Windows 7 SP1 and newer',
    helpWhenTooOld: 'Update Windows.',
    helpWhenTooNew: '',
  },
];

/** Formats a Linux machine prefers, in its own order; null when it has neither. */
export function linuxFormat(machine: Machine): 'deb' | 'rpm' | null {
  for (const format of machine.formats) if (format === 'deb' || format === 'rpm') return format;
  return null;
}

/** Why no version of the agent can run on the machine; null when one can. */
export function machineProblem(machine: Machine): Problem | null {
  return machineRows.find((row) => row.when(machine)) ?? null;
}

/** Why this version cannot run on the machine's version of its system; null when it can. */
export function versionProblem(machine: Machine, target: Target, version: string): Problem | null {
  if (target === 'windows-x86' && isWithin(version, '24', null)) {
    return {
      code: 'no-such-package',
      reason: `There is no 32-bit package of version ${version}.`,
      help: 'Choose a version up to 23.4, the last line for 32-bit Windows.',
    };
  }
  for (const row of versionRows) {
    if (!row.targets.includes(target) || !isWithin(version, row.from, row.below)) continue;
    const name = machine.name.slice(0, 60);
    const reason = `Version ${version} runs on ${row.runsOn}; this is ${name} (${machine.version.slice(0, 30)}).`;
    if (!isWithin(machine.version, row.systemFrom, null))
      return { code: 'system-too-old', reason, help: row.helpWhenTooOld };
    if (!isWithin(machine.version, null, row.systemBelow))
      return { code: 'system-too-new', reason, help: row.helpWhenTooNew };
  }
  return null;
}
