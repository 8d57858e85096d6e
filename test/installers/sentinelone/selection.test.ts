/** What is chosen for a machine out of what a connection holds, and what is said when nothing is: one row a case. */
import { describe, expect, it } from 'vitest';
import type { Machine } from '#platform/platform.ts';
import type { Candidate, VersionPolicy } from '#protocol/assignment.ts';
import { targets, type Target } from '#protocol/words.ts';
import { baselineVersions, selectPackage } from '#installers/sentinelone/packages.ts';
import { candidate, machine, releaseFloor } from '#test/installers/sentinelone/samples.ts';

const formats: Record<Target, Candidate['format']> = {
  'windows-x86': 'exe',
  'windows-x64': 'exe',
  macos: 'pkg',
  'linux-x64-deb': 'deb',
  'linux-x64-rpm': 'rpm',
  'linux-arm64-deb': 'deb',
  'linux-arm64-rpm': 'rpm',
};

/** A package as the connection's list offers it: not Garrison's own baseline by source. */
function held(target: Target, version: string, changes: Partial<Candidate> = {}): Candidate {
  return candidate({
    target,
    format: formats[target],
    version,
    fileName: `${target}-${version}.${formats[target]}`,
    source: 'vendor',
    ...changes,
  });
}

const tested = targets.map((target) => held(target, baselineVersions[target], { source: 'baseline' }));
const without = (target: Target): Candidate[] => tested.filter((one) => one.target !== target);

const windows = (version: string, changes: Partial<Machine> = {}): Machine =>
  machine({ os: 'windows', name: 'Windows', version, formats: ['exe', 'msi'], distribution: null, ...changes });
const x86 = { architecture: 'x86' } as const;
const server = { product: 'server' } as const;
const mac = (version: string, architecture: Machine['architecture'] = 'arm64'): Machine =>
  machine({ os: 'macos', name: 'macOS', version, formats: ['pkg'], architecture, sse42: null, distribution: null });
const arm = { architecture: 'arm64', sse42: null } as const;
const rpm = { formats: ['rpm'] as const };

const baseline: VersionPolicy = { kind: 'baseline' };
const newest: VersionPolicy = { kind: 'latest-ga' };
const exactly = (version: string): VersionPolicy => ({ kind: 'exact', version });

describe('chosen', () => {
  const rows: readonly (readonly [string, Machine, readonly Candidate[], VersionPolicy, string])[] = [
    ['Windows 11', windows('10.0.26100'), tested, baseline, '24.1.4.257'],
    ['Windows 8.1', windows('6.3.9600'), tested, baseline, '24.1.4.257'],
    ['Server 2012 R2', windows('6.3.9600', server), tested, baseline, '24.1.4.257'],
    ['Server 2025', windows('10.0.26100', server), tested, baseline, '24.1.4.257'],
    ['32-bit Windows 10', windows('10.0.19045', x86), tested, baseline, '23.3.3.264'],
    ['32-bit Windows 7', windows('6.1.7601', x86), tested, baseline, '23.3.3.264'],
    ['macOS 12 on Intel', mac('12.0', 'x64'), tested, baseline, '24.2.2.7632'],
    ['macOS 15.3.2 on ARM', mac('15.3.2'), tested, baseline, '24.2.2.7632'],
    ['Debian', machine(), tested, baseline, '24.2.2.20'],
    ['RHEL', machine(rpm), tested, baseline, '24.2.2.20'],
    ['Ubuntu on ARM', machine(arm), tested, baseline, '24.2.2.20'],
    ['Amazon Linux on ARM', machine({ ...arm, ...rpm }), tested, baseline, '24.2.2.20'],
    [
      'four parts by number, not by letter',
      windows('10.0.26100'),
      [held('windows-x64', '24.1.10.1'), held('windows-x64', '24.1.9.999'), held('windows-x64', '24.1.4.257')],
      newest,
      '24.1.10.1',
    ],
    [
      'the newest that runs on Windows 7',
      windows('6.1.7601'),
      [...tested, held('windows-x64', '23.4.2.216'), held('windows-x64', '23.4.10.3')],
      newest,
      '23.4.10.3',
    ],
    [
      'the newest generally available, not the early one',
      mac('15.5'),
      [...tested, held('macos', '24.3.1.9'), held('macos', '25.1.1.1', { release: 'ea' })],
      newest,
      '24.3.1.9',
    ],
    [
      'an early one that is asked for',
      mac('26.0'),
      [held('macos', '25.1.1.1', { release: 'ea' })],
      exactly('25.1.1.1'),
      '25.1.1.1',
    ],
    [
      'the tested version uploaded by hand',
      machine(),
      [held('linux-x64-deb', '24.2.2.20', { source: 'upload' })],
      baseline,
      '24.2.2.20',
    ],
    [
      'the tested version of a console that is newer than the agent',
      machine(),
      [held('linux-x64-deb', '24.4.0.1', { source: 'baseline' })],
      baseline,
      '24.4.0.1',
    ],
    [
      'an exact version with fewer parts written',
      machine(),
      [held('linux-x64-deb', '24.3.1.0')],
      exactly('24.3.1'),
      '24.3.1.0',
    ],
  ];
  it.each(rows)('%s', (...row) => {
    const [, at, candidates, policy, version] = row;
    const { chosen, failure, help, rejected } = selectPackage({ machine: at, candidates, policy }, releaseFloor);
    expect([chosen?.version, failure, help]).toEqual([version, null, null]);
    expect(rejected).toHaveLength(candidates.length - 1);
    expect(rejected.every(({ reason }) => reason.length > 10)).toBe(true);
  });
});

describe('nothing is chosen, and what would help is named', () => {
  const none = 'selection.none';
  const unsupported = 'selection.unsupported';
  const rows: readonly (readonly [string, Machine, readonly Candidate[], VersionPolicy, string, RegExp, RegExp])[] = [
    ['Windows on ARM', windows('10.0.26100', arm), tested, baseline, unsupported, /Windows on ARM/, /by hand/],
    ['x64 Windows 7', windows('6.1.7601'), tested, baseline, unsupported, /Windows 8\.1/, /up to 23\.4/],
    ['Server 2008 R2', windows('6.1.7601', server), tested, baseline, unsupported, /2012 R2/, /up to 23\.4/],
    ['Server 2012', windows('6.2.9200', server), tested, baseline, unsupported, /2012 R2/, /up to 23\.4/],
    ['Vista', windows('6.0.6002', x86), tested, baseline, unsupported, /Windows 7/, /Update Windows/],
    [
      'a 32-bit package of 24',
      windows('10.0.19045', x86),
      [held('windows-x86', '24.1.4.257')],
      newest,
      unsupported,
      /no 32-bit package/,
      /up to 23\.4/,
    ],
    ['macOS 11', mac('11.7'), tested, baseline, unsupported, /macOS 12 to 15\.3/, /Update macOS/],
    ['macOS 15.4', mac('15.4'), tested, baseline, unsupported, /macOS 12 to 15\.3/, /24\.3 runs on all of macOS 15/],
    ['macOS 26', mac('26.1'), tested, baseline, unsupported, /24\.2\.2\.7632 runs on/, /25\.1 on macOS 26/],
    [
      'macOS 26 with 25.1 held',
      mac('26.1'),
      [...tested, held('macos', '25.1.2.7952')],
      baseline,
      unsupported,
      /24\.2\.2\.7632 runs on/,
      /25\.1\.2\.7952 is held and runs here/,
    ],
    [
      'Windows 7 with 23.4 held',
      windows('6.1.7601'),
      [...tested, held('windows-x64', '23.4.2.216')],
      baseline,
      unsupported,
      /24\.1\.4\.257 runs on/,
      /23\.4\.2\.216 is held and runs here/,
    ],
    [
      'macOS 12 with 24.3 asked for',
      mac('12.6'),
      [...tested, held('macos', '24.3.1.9')],
      exactly('24.3.1.9'),
      unsupported,
      /macOS 13 to 15/,
      /24\.2\.2\.7632 is held/,
    ],
    ['no SSE4.2', machine({ sse42: false }), tested, baseline, unsupported, /SSE4\.2/, /processor type/],
    ['32-bit Linux', machine(x86), tested, baseline, unsupported, /32-bit Linux/, /64-bit system/],
    ['ostree', machine({ ...rpm, imageBased: true }), tested, baseline, unsupported, /image-based/, /edition/],
    [
      'neither deb nor rpm',
      machine({ formats: [] }),
      tested,
      baseline,
      unsupported,
      /neither deb nor rpm/,
      /distribution/,
    ],
    ['another processor', machine({ architecture: 'other' }), tested, baseline, unsupported, /processor/, /no agent/],
    [
      'the connection does not hold the tested version',
      machine(),
      without('linux-x64-deb'),
      baseline,
      none,
      /None of 6 packages/,
      /Add Garrison's tested version 24\.2\.2\.20 for linux-x64-deb/,
    ],
    [
      'it holds nothing at all',
      mac('15.3'),
      [],
      baseline,
      none,
      /None of 0 packages/,
      /Add Garrison's tested version 24\.2\.2\.7632 for macos/,
    ],
    [
      'it holds another version',
      machine(),
      [held('linux-x64-deb', '24.3.1.9')],
      baseline,
      none,
      /tested version 24\.2\.2\.20/,
      /24\.3\.1\.9 is held/,
    ],
    [
      'the exact version is not held',
      machine(),
      tested,
      exactly('24.9.9.9'),
      none,
      /version 24\.9\.9\.9/,
      /24\.2\.2\.20 is held/,
    ],
    [
      'only early versions are held',
      machine(),
      [held('linux-x64-deb', '25.1.0.1', { release: 'ea' })],
      newest,
      none,
      /generally available/,
      /25\.1\.0\.1 is held/,
    ],
    [
      'the exact version is below the floor',
      machine(),
      [held('linux-x64-deb', '24.2.1.8')],
      exactly('24.2.1.8'),
      none,
      /24\.2\.1\.8/,
      /24\.2\.2\.20 or newer/,
    ],
    [
      'the version is right and the file of the wrong kind',
      machine(),
      [held('linux-x64-deb', '24.2.2.20', { format: 'rpm' })],
      baseline,
      none,
      /None of 1/,
      /Add Garrison's/,
    ],
  ];
  it.each(rows)('%s', (...row) => {
    const [, at, candidates, policy, code, reason, help] = row;
    const selection = selectPackage({ machine: at, candidates, policy }, releaseFloor);
    expect(selection.chosen).toBeNull();
    expect(selection.failure?.code).toBe(code);
    expect(selection.failure?.detail).toMatch(reason);
    expect(selection.help).toMatch(help);
    expect(selection.rejected).toHaveLength(candidates.length);
  });
});
