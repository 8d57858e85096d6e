import { describe, expect, it } from 'vitest';
import { architecturesOf, sortPackage } from '#console/sentinelone/package-rows.ts';
import { compareVersions, listPackages, packagesFor } from '#console/sentinelone/packages.ts';
import { newSetting } from '#test/console/sentinelone/setting.ts';

/** Field names and value forms as in the vendor's published v2.1 package list. */
const row = {
  id: '1893456781234500017',
  fileName: 'SentinelOneInstaller_windows_64bit_v24_1_4_257.exe',
  fileExtension: '.exe',
  fileSize: 1000,
  sha1: 'A'.repeat(40),
  version: '24.1.4.257',
  minorVersion: 'SP1',
  status: 'ga',
  osType: 'windows',
  platformType: 'windows',
  osArch: '64 bit',
  packageType: 'AgentAndRanger',
};

function targetsOf(change: Partial<typeof row>): unknown {
  const sorted = sortPackage({ ...row, ...change });
  return 'dropped' in sorted ? sorted.dropped.reason : sorted.packages.map(({ target }) => target);
}

describe('one row of the package list', () => {
  it('becomes a package with everything a download needs', () => {
    expect(sortPackage(row)).toEqual({
      packages: [
        {
          vendorPackageId: '1893456781234500017',
          target: 'windows-x64',
          format: 'exe',
          version: '24.1.4.257',
          fileName: 'SentinelOneInstaller_windows_64bit_v24_1_4_257.exe',
          sizeBytes: 1000,
          sha1: 'a'.repeat(40),
          release: 'ga',
          label: 'SP1',
        },
      ],
    });
  });

  it.each([
    ['32 bit', ['x86']],
    ['64 bit', ['x64']],
    ['32/64 bit', ['x86', 'x64']],
    ['ARM64', ['arm64']],
    ['32 bit/64 bit/ARM64', ['x86', 'x64', 'arm64']],
    ['N/A', []],
  ])('combined architectures are read as a set: %s', (osArch, expected) => {
    expect([...architecturesOf(osArch)]).toEqual(expected);
  });

  it.each([
    [
      'Windows for both',
      { fileName: 'SentinelOneInstaller_v1.exe', osArch: '32/64 bit' },
      ['windows-x86', 'windows-x64'],
    ],
    ['Windows for all three', { fileName: 'A_v1.exe', osArch: '32 bit/64 bit/ARM64' }, ['windows-x86', 'windows-x64']],
    ['a name that narrows the list', { osArch: '32/64 bit' }, ['windows-x64']],
    ['a name alone', { osArch: 'N/A' }, ['windows-x64']],
    ['Windows on ARM', { fileName: 'A_windows_ARM64_v1.exe', osArch: 'ARM64' }, 'no-target'],
    ['name and list against each other', { osArch: '32 bit' }, 'architecture-contradictory'],
    ['neither name nor list', { fileName: 'A_v1.exe', osArch: 'N/A' }, 'architecture-unknown'],
  ])('%s', (_what, change, expected) => {
    expect(targetsOf(change)).toEqual(expected);
  });

  it.each([
    ['SentinelAgent_linux_x86_64_v24_2_2_20.deb', ['linux-x64-deb']],
    ['SentinelAgent_linux_x86_64_v24_2_2_20.rpm', ['linux-x64-rpm']],
    ['SentinelAgent-Linux-22-1-2-7-x86-64-release_linux_v22_1_2_7.deb', ['linux-x64-deb']],
    ['SentinelAgent-aarch64_linux_aarch64_v24_2_2_20.deb', ['linux-arm64-deb']],
    ['SentinelAgent-aarch64_linux_v22_4_2_4.rpm', ['linux-arm64-rpm']],
    ['Signed-SentinelAgent-aarch64_linux_aarch64_v23_2_2_4.rpm', ['linux-arm64-rpm']],
    ['Signed-SentinelAgent_linux_x86_64_v23_2_2_4.rpm', ['linux-x64-rpm']],
    ['agent-24.2.2.20.deb', 'architecture-unknown'],
    ['SentinelAgent_linux_aarch64_v1_2_3_4.deb', 'architecture-contradictory'],
  ])('on Linux the file name tells the architecture, whatever osArch claims: %s', (fileName, expected) => {
    const linux = { fileName, platformType: 'linux', osType: 'linux', packageType: 'Agent' };
    for (const osArch of ['32/64 bit', '64 bit', 'N/A', 'ARM64'])
      expect(targetsOf({ ...linux, osArch })).toEqual(expected);
  });

  it.each([
    ['Ranger', { packageType: 'Ranger' }, 'other-product'],
    ['Kubernetes', { platformType: 'linux_k8s', osType: 'linux', fileName: 'a.tar' }, 'other-platform'],
    ['an SDK', { platformType: 'sdk', osType: 'sdk', fileName: 'a.tar' }, 'other-platform'],
    ['old Windows', { platformType: 'windows_legacy', osType: 'windows_legacy' }, 'other-platform'],
    ['a Linux archive', { platformType: 'linux', osType: 'linux', fileName: 'SentinelAgent_linux.bsx' }, 'file-format'],
    ['no SHA-1', { sha1: '' }, 'unreadable-row'],
    ['a name with a path', { fileName: '../../etc/cron.d/x.exe' }, 'unreadable-row'],
    ['an absurd size', { fileSize: 10 ** 12 }, 'unreadable-row'],
  ])('is dropped with its reason: %s', (_what, change, reason) => {
    expect(targetsOf(change)).toBe(reason);
  });
});

describe('the package list of a console', () => {
  it('is read whole, and the decoys are dropped with their reasons', async () => {
    await using setting = await newSetting();
    const { packages, dropped } = await listPackages(setting.client);
    expect(setting.world.tenant.packages.length).toBeGreaterThanOrEqual(30);
    expect(packages.length + dropped.length).toBeGreaterThanOrEqual(setting.world.tenant.packages.length);
    expect(dropped.map(({ fileName, reason }) => [fileName.split('_v')[0], reason])).toEqual(
      expect.arrayContaining([
        ['RangerInstaller_windows_64bit', 'other-product'],
        ['s1-agent-24.2.2-kubernetes.tar', 'other-platform'],
        ['SentinelInstaller_windows_legacy', 'other-platform'],
        ['SentinelOneInstaller_windows_ARM64', 'no-target'],
      ]),
    );
    expect(packages.map(({ fileName }) => fileName)).not.toContain('agent-24.2.2.20.deb');
  });

  it('every version of the baseline is found for its target', async () => {
    await using setting = await newSetting();
    const list = await listPackages(setting.client);
    const baseline = {
      'windows-x86': '23.3.3.264',
      'windows-x64': '24.1.4.257',
      macos: '24.2.2.7632',
      'linux-x64-deb': '24.2.2.20',
      'linux-x64-rpm': '24.2.2.20',
      'linux-arm64-deb': '24.2.2.20',
      'linux-arm64-rpm': '24.2.2.20',
    } as const;
    for (const [target, version] of Object.entries(baseline)) {
      const found = list.packages.filter((one) => one.target === target && one.version === version);
      expect(found.length, target).toBeGreaterThan(0);
    }
    expect(
      packagesFor(list, { target: 'windows-x64', version: '24.1.4.257' })
        .map(({ format }) => format)
        .toSorted(),
    ).toEqual(['exe', 'msi']);
  });

  it('no match is an error that says so, not an empty answer', async () => {
    await using setting = await newSetting();
    const list = await listPackages(setting.client);
    expect(() => packagesFor(list, { target: 'linux-x64-deb', version: '99.1.1.1' })).toThrow(
      expect.objectContaining({ code: 'selection.none', context: { target: 'linux-x64-deb', version: '99.1.1.1' } }),
    );
  });

  it('the newest is found by numbers, where the server sorts by letters', async () => {
    await using setting = await newSetting();
    expect(compareVersions('24.1.10.1', '24.1.4.257')).toBeGreaterThan(0);
    expect(compareVersions('9.1.1.3', '24.1.4.257')).toBeLessThan(0);
    expect(compareVersions('24.2', '24.2.0.0')).toBe(0);
    const list = await listPackages(setting.client);
    expect(packagesFor(list, { target: 'windows-x64', version: null })[0]?.version).toBe('24.2.3.471');
    expect(packagesFor(list, { target: 'macos', version: null })[0]?.version).toBe('25.1.2.7952');
  });

  it('a service pack counts as generally available: the status decides, not the label', async () => {
    await using setting = await newSetting();
    const [newest] = packagesFor(await listPackages(setting.client), { target: 'linux-x64-deb', version: null });
    expect(newest).toMatchObject({ version: '24.2.2.20', label: 'SP1', release: 'ga' });
  });

  it('an early release is chosen only when asked for, a beta never by accident', async () => {
    await using setting = await newSetting();
    const list = await listPackages(setting.client);
    const wanted = { target: 'linux-x64-deb', version: null } as const;
    expect(packagesFor(list, wanted).every(({ release }) => release === 'ga')).toBe(true);
    expect(packagesFor(list, { ...wanted, releases: ['ga', 'ea'] })[0]?.version).toBe('25.1.1.5');
  });

  it('the scope is sent along', async () => {
    await using setting = await newSetting();
    await listPackages(setting.client, { siteIds: ['1', '2'] });
    expect(setting.world.requests[0]?.url).toContain('siteIds=1,2&limit=200');
  });
});
