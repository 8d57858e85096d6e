import { describe, expect, it } from 'vitest';
import { parseJobs, parsePrintedState } from '#platform/macos/parse/launchctl.ts';
import {
  architectureOf,
  hypervisorOf,
  parsePlatformIds,
  parseSysctl,
  parseSystemVersion,
  sse42Of,
} from '#platform/macos/parse/machine.ts';
import {
  hasNoReceipt,
  parseReceipt,
  parseReceipts,
  payloadBundles,
  receiptState,
} from '#platform/macos/parse/pkgutil.ts';
import {
  installersAtWork,
  isRoot,
  isSystemUser,
  parseProcesses,
  parseProgramFiles,
} from '#platform/macos/parse/processes.ts';
import { approvalsOf, parseProfiles } from '#platform/macos/parse/profiles.ts';
import { extensionCount, parseSystemExtensions, waitsForRestart } from '#platform/macos/parse/system-extensions.ts';
import { fixture } from '#test/platform/macos/fixture.ts';

describe('system extensions', () => {
  const extensions = (name: string) => parseSystemExtensions(fixture(`systemextensionsctl/${name}.txt`)) ?? [];

  it('are read with their whole state, both versions after an update', () => {
    const of = { teamId: 'X9E956P446', bundleId: 'com.crowdstrike.falcon.Agent' };
    expect(extensions('falcon-updated')).toEqual([
      { ...of, version: '7.17', state: 'activated enabled' },
      { ...of, version: '7.16', state: 'terminated waiting to uninstall on reboot' },
    ]);
  });

  it('are read with empty flag columns', () => {
    expect(extensions('avg-removed').map(({ teamId, state }) => [teamId, state])).toEqual([
      ['XSJ59WMJBM', 'terminated waiting to uninstall on reboot'],
      ['JDZVHU6DW2', 'activated enabled'],
    ]);
  });

  it('keep "activated" apart from working', () => {
    expect(extensions('waiting-for-user')[0]?.state).toBe('activated waiting for user');
    expect(extensions('near-misses').map(({ bundleId, state }) => [bundleId, state])).toEqual([
      ['com.paloaltonetworks.GlobalProtect.client.extension', 'activated enabled'],
      ['com.fortinet.forticlient.macos.vpn.nwextension', 'activated disabled'],
    ]);
    expect(extensionCount(fixture('systemextensionsctl/near-misses.txt'))).toBe(4);
  });

  it('are none only when the list says so', () => {
    expect(extensions('none')).toEqual([]);
    expect(parseSystemExtensions('')).toBeNull();
    expect(parseSystemExtensions('systemextensionsctl: command not available\n')).toBeNull();
  });

  it('wait for a restart when nothing of a bundle works any more, not after a mere update', () => {
    expect(waitsForRestart(extensions('avg-removed'))).toBe(true);
    expect(waitsForRestart(extensions('falcon-updated'))).toBe(false);
    expect(waitsForRestart(extensions('waiting-for-user'))).toBe(false);
    expect(waitsForRestart([])).toBe(false);
    const old = { teamId: '4AYE5J54KN', bundleId: 'com.sentinelone.network-monitoring', version: '24.1.2' };
    const removed = { ...old, state: 'terminated waiting to uninstall on reboot' };
    expect(waitsForRestart([removed, ...extensions('waiting-for-user')])).toBe(true);
    expect(waitsForRestart([removed, ...extensions('sentinelone')])).toBe(false);
  });
});

describe('launchd', () => {
  it('lists loaded jobs with their process', () => {
    expect(parseJobs(fixture('launchctl/list.txt'))).toEqual([
      { label: 'com.eset.protection', pid: 594 },
      { label: 'com.apple.uninstalld', pid: null },
      { label: 'com.example.broken', pid: null },
      { label: 'com.apple.logd', pid: 211 },
      { label: 'com.apple.mobile.keybagd', pid: 312 },
    ]);
    expect(parseJobs('Could not print domain: 1: Operation not permitted\n')).toBeNull();
  });

  it.each([
    ['running', 'running'],
    ['waiting', 'stopped'],
    ['failed', 'failed'],
    ['absent', null],
  ])('prints a job that is %s', (name, state) => {
    expect(parsePrintedState(fixture(`launchctl/print-${name}.txt`))).toBe(state);
  });
});

describe('receipts', () => {
  it('are listed by id', () => {
    expect(parseReceipts(fixture('pkgutil/pkgs.txt'))).toContain('com.sentinelone.pkg.sentinel-agent');
    expect(parseReceipts('Error: no receipts\n\n')).toEqual([]);
  });

  it('say version and place', () => {
    const id = 'com.sentinelone.pkg.sentinel-agent';
    expect(parseReceipt(fixture('pkgutil/pkg-info.txt'))).toEqual({ id, version: '24.2.2.7632', root: '/' });
    expect(parseReceipt(fixture('pkgutil/pkg-info-located.txt'))?.root).toBe('/Library/Example');
    expect(parseReceipt(fixture('pkgutil/pkg-info-none.txt'))).toBeNull();
    expect(hasNoReceipt(fixture('pkgutil/pkg-info-none.txt'))).toBe(true);
    expect(hasNoReceipt(fixture('pkgutil/pkg-info.txt'))).toBe(false);
  });

  it('outlive what they laid down', () => {
    const bundles = payloadBundles(fixture('pkgutil/files.txt'));
    expect(bundles).toEqual([
      'Applications/SentinelOne/SentinelOne Extensions.app',
      'Library/Sentinel/sentinel-agent.bundle',
    ]);
    const receipt = { id: 'com.example', version: '1', root: '/' };
    expect(receiptState(receipt, { there: 2, of: 2 })).toMatchObject({ state: 'present', version: '1' });
    const moved = receiptState(receipt, { there: 1, of: 2 });
    expect(moved).toEqual({ state: 'present', version: '1', detail: 'receipt com.example, 1 of 2 programs there' });
    expect(receiptState(receipt, { there: 0, of: 2 })).toMatchObject({ state: 'absent', version: null });
    expect(receiptState(receipt, { there: 0, of: 0 })).toMatchObject({ state: 'present' });
  });

  it('lead nowhere else', () => {
    expect(payloadBundles('../../etc/evil.app\nApplications/../../evil.app\n')).toEqual([]);
  });
});

describe('the machine', () => {
  const read = (name: string) => parseSysctl(fixture(`system/sysctl-${name}.txt`));

  it.each([
    ['arm64', 'arm64', 'arm64'],
    ['rosetta', 'x86_64', 'arm64'],
    ['intel', 'x86_64', 'x64'],
    ['vmware', 'x86_64', 'x64'],
  ] as const)('%s is told apart from the process', (name, uname, architecture) => {
    expect(architectureOf(read(name), uname)).toBe(architecture);
  });

  it('has SSE4.2 or not on Intel only', () => {
    expect(sse42Of(read('intel'), 'x64')).toBe(true);
    expect(sse42Of(read('vmware'), 'x64')).toBe(false);
    expect(sse42Of(read('rosetta'), 'arm64')).toBeNull();
  });

  it('names its hypervisor', () => {
    expect(hypervisorOf(read('vmware'))).toBe('vmware');
    expect(hypervisorOf(read('intel'))).toBeNull();
    expect(hypervisorOf(new Map([['kern.hv_vmm_present', '1']]))).toBe('unknown');
    expect(hypervisorOf(new Map([['hw.model', 'VirtualMac2,1']]))).toBe('apple');
  });

  it('says its version and ids', () => {
    expect(parseSystemVersion(fixture('system/sw_vers-15.txt'))).toEqual({
      name: 'macOS',
      version: '15.3',
      build: '24D60',
    });
    expect(parseSystemVersion(fixture('system/sw_vers-rapid.txt'))?.version).toBe('13.4.1');
    expect(parseSystemVersion('ProductVersion:\tnot a version\n')).toBeNull();
    expect(parsePlatformIds(fixture('system/ioreg.txt'))).toEqual({
      uuid: 'ABCDEF01-2345-6789-ABCD-EF0123456789',
      serial: 'C02EXAMPLE1',
    });
    expect(parsePlatformIds('')).toEqual({ uuid: null, serial: null });
  });
});

describe('processes', () => {
  const rows = parseProcesses(fixture('ps/quiet.txt'));
  const row = (pid: number) => rows.find((each) => each.pid === pid);

  it('are read with names that hold spaces, and starts that hold one digit days', () => {
    expect(rows).toHaveLength(11);
    expect(row(600)?.name).toBe('ESET Real-time F');
    expect(row(801)?.startTime).toBe('Wed Nov 4 09:10:11 2026');
    expect(row(804)?.gone).toBe(true);
  });

  it('belong to the system only with both users', () => {
    const system = rows.filter((each) => isSystemUser(each)).map(({ pid }) => pid);
    expect(system).toEqual([1, 211, 594, 600, 700, 804, 900]);
    expect(rows.filter((each) => isRoot(each)).map(({ pid }) => pid)).not.toContain(802);
  });

  it('run what the kernel says, not what they say', () => {
    const programs = parseProgramFiles(fixture('ps/lsof-quiet.txt'));
    expect(row(802)?.name).toBe('falcond');
    expect(programs.get(802)).toBe('/usr/bin/sudo');
    expect(programs.get(594)).toBe('/Applications/ESET Endpoint Security.app/Contents/MacOS/esets_proxy');
  });

  it('cannot be many more than they are, nor keep us reading', () => {
    const padded = `   77     1   501   501 S    Sat Nov 28 08:00:01 2026 x${' '.repeat(500_000)}y\n`;
    const before = performance.now();
    expect(parseProcesses(padded)).toHaveLength(1);
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('install only when one is at work', () => {
    const at = (name: string) =>
      installersAtWork(
        parseProcesses(fixture(`ps/${name}.txt`)),
        parseProgramFiles(fixture(`ps/lsof-${name}.txt`)),
      ).map(({ pid, command }) => `${command} ${pid}`);
    expect(at('quiet')).toEqual([]);
    expect(at('busy')).toEqual(['installer 950', 'package_script_service 970']);
  });

  it('G6: nobody keeps protection away by a name', () => {
    const mine =
      '  1   0 0 0 Ss Sat Nov 28 08:00:01 2026 launchd\n 77 1 501 501 S Sat Nov 28 08:00:01 2026 installer\n 78 1 0 501 S Sat Nov 28 08:00:01 2026 installer\n 79 1 0 0 S Sat Nov 28 08:00:01 2026 installer\n';
    const programs = parseProgramFiles(
      'p77\nftxt\nn/usr/sbin/installer\np78\nftxt\nn/usr/bin/su\np79\nftxt\nn/bin/sleep\n',
    );
    expect(parseProcesses(mine)).toHaveLength(4);
    expect(installersAtWork(parseProcesses(mine), programs)).toEqual([]);
  });
});

describe('profiles', () => {
  const approvals = (text: string) => approvalsOf(parseProfiles(text) ?? []);
  const of = (name: string) => approvals(fixture(`profiles/${name}.xml`));

  it('approve for the whole computer, what they allow and nothing they deny', () => {
    expect(of('full')).toEqual({
      fullDiskAccess: [
        'com.sentinelone.sentineld',
        'com.sentinelone.sentineld-helper',
        'com.sentinelone.sentineld-shell',
      ],
      systemExtensions: [{ teamId: '4AYE5J54KN', bundleId: 'com.sentinelone.network-monitoring' }],
      contentFilters: ['com.sentinelone.extensions-wrapper', 'com.sentinelone.network-monitoring'],
      notifications: ['com.sentinelOne.SentinelAgent'],
      backgroundItems: ['4AYE5J54KN'],
    });
    expect(of('no-privacy')).toMatchObject({ fullDiskAccess: [], notifications: [], backgroundItems: [] });
  });

  it('may allow all extensions of a team', () => {
    const team =
      '<plist version="1.0"><dict><key>_computerlevel</key><array><dict><key>ProfileItems</key><array><dict><key>PayloadType</key><string>com.apple.system-extension-policy</string><key>PayloadContent</key><dict><key>AllowedTeamIdentifiers</key><array><string>4AYE5J54KN</string></array></dict></dict></array></dict></array></dict></plist>';
    expect(approvals(team).systemExtensions).toEqual([{ teamId: '4AYE5J54KN', bundleId: null }]);
  });

  it('are none on a Mac that nobody manages, and unknown when the answer is none', () => {
    expect(parseProfiles('')).toEqual([]);
    expect(parseProfiles('profiles: this command requires root privileges\n')).toBeNull();
  });
});
