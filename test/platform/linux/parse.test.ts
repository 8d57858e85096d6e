import { describe, expect, it } from 'vitest';
import { debPackageState, dpkgState, installedDebs, parseDebFields, parseMd5Sums } from '#platform/linux/parse/dpkg.ts';
import { architectureOf, hardwareId, hypervisorOf } from '#platform/linux/parse/hardware.ts';
import { deviceOf, parseLocks } from '#platform/linux/parse/locks.ts';
import { packageFormats, parseOsRelease } from '#platform/linux/parse/os-release.ts';
import { parsePasswdUid } from '#platform/linux/parse/passwd.ts';
import {
  blocksFileAccess,
  isGone,
  mountOf,
  parseModules,
  parseMountinfo,
  parseSse42,
  parseStat,
  hasMemory,
  parseUids,
  scriptName,
} from '#platform/linux/parse/proc.ts';
import {
  installedRpms,
  judgeRpmSignature,
  parseRpmFiles,
  rpmMetadata,
  rpmPackageState,
} from '#platform/linux/parse/rpm.ts';
import { parseShow, parseUnitNames, serviceRecords, serviceStates, unitName } from '#platform/linux/parse/systemctl.ts';
import { fixture } from '#test/platform/linux/fixture.ts';

describe('dpkg', () => {
  it('tells installed, partial and left-behind packages apart', () => {
    expect(installedDebs(fixture('dpkg-query/states.txt'))).toEqual([
      { format: 'deb', name: 'good', version: '24.2.2.20', state: 'installed' },
      { format: 'deb', name: 'half', version: '24.2.2.20', state: 'partial' },
      { format: 'deb', name: 'removed', version: '24.2.2.20', state: 'config-files' },
      { format: 'deb', name: 'unpacked', version: '24.2.2.20', state: 'partial' },
    ]);
  });

  it.each([
    ['ii ', 'installed'],
    ['hi ', 'installed'],
    ['iW ', 'installed'],
    ['it ', 'installed'],
    ['iF ', 'partial'],
    ['iU ', 'partial'],
    ['iHR', 'partial'],
    ['iiR', 'partial'],
    ['rc ', 'config-files'],
    ['un ', null],
    ['pn ', null],
  ])('reads %j as %s', (abbreviation, state) => {
    expect(dpkgState(abbreviation)).toBe(state);
  });

  it('puts a partial package before a present one, and keeps the database’s word', () => {
    expect(debPackageState('ii \tx\t1\niF \tx\t2\n')).toEqual({ state: 'partial', version: '2', detail: 'iF' });
    expect(debPackageState('ii \tx\t1\n')).toEqual({ state: 'present', version: '1', detail: 'ii' });
    expect(debPackageState('rc \tx\t1\n')).toEqual({ state: 'absent', version: null, detail: 'rc' });
    expect(debPackageState('')).toEqual({ state: 'absent', version: null, detail: 'not installed' });
  });

  it('reads the fields of a file and refuses an incomplete answer', () => {
    const fields = { name: 'good', version: '24.2.2.20', architecture: 'amd64' };
    expect(parseDebFields(fixture('dpkg-query/deb-fields.txt'))).toEqual(fields);
    expect(parseDebFields('Package: good\nVersion: 1\n')).toBeNull();
  });

  it('reads md5sums as absolute paths', () => {
    const sums = parseMd5Sums(`${'a'.repeat(32)}  opt/x/bin/ctl with blank\nnonsense\n`);
    expect([...sums]).toEqual([['/opt/x/bin/ctl with blank', 'a'.repeat(32)]]);
  });
});

describe('rpm', () => {
  it('lists packages without keys', () => {
    expect(installedRpms(fixture('rpm/qa.txt'))).toEqual([
      { format: 'rpm', name: 'osbase', version: '9.4-1', state: 'installed' },
      { format: 'rpm', name: 'standin', version: '24.2.2.20-1', state: 'installed' },
    ]);
  });

  it('finds the installed one of several names', () => {
    const present = { state: 'present', version: '24.2.2.20', detail: '24.2.2.20-1' };
    expect(rpmPackageState(fixture('rpm/q-two.txt'))).toEqual(present);
    expect(rpmPackageState('package nothere is not installed\n').state).toBe('absent');
    expect(rpmMetadata('a\t1.2\t3\tx86_64\n')).toEqual({ name: 'a', version: '1.2', architecture: 'x86_64' });
    expect(rpmMetadata('error: not an rpm package\n')).toBeNull();
  });

  it('reads file digests with their algorithm', () => {
    const files = parseRpmFiles('/opt/a\tff00\t8\n/opt/link\t\t8\n/opt/new\taa\t99\nnot installed\n');
    expect(files.get('/opt/a')).toEqual({ algorithm: 'sha256', hex: 'ff00' });
    expect(files.get('/opt/link')).toEqual({ algorithm: null, hex: '' });
    expect(files.get('/opt/new')?.algorithm).toBeNull();
    expect(files.size).toBe(3);
  });
});

describe('F5 rpmkeys accepts any key it has: the words decide, not the exit code', () => {
  const pinned = ['731D62B1599A630D7BB1344F20CB46D0D3061487'];
  const vendor = ['4D7017703359689F0AE6905E51274A3CBF000751'];
  const judge = (name: string, code: number, keys = pinned) =>
    judgeRpmSignature({ code, stdout: fixture(`rpmkeys/${name}.txt`), stderr: '' }, keys);

  it('trusts a pinned key and names it', () => {
    expect(judge('signed-by-pinned', 0)).toEqual({ status: 'trusted', publisher: pinned[0] });
    expect(judge('dialect-4.14', 0, vendor)).toEqual({ status: 'trusted', publisher: vendor[0] });
    expect(judge('dialect-6', 0, vendor)).toEqual({ status: 'trusted', publisher: vendor[0] });
  });

  it.each([
    ['unsigned', 1, 'unsigned'],
    ['signed-by-another', 1, 'untrusted'],
    ['altered-payload', 1, 'altered'],
    ['altered-header', 1, 'altered'],
  ])('says %s (exit %i) is %s', (name, code, status) => {
    expect(judge(name, code).status).toBe(status);
  });

  it('is not swayed by exit 0', () => {
    expect(judge('unsigned', 0).status).toBe('unsigned');
    expect(judge('signed-by-another', 0).status).toBe('untrusted');
    expect(judge('altered-payload', 0).status).toBe('altered');
  });

  it('does not trust a good signature of a key that is not pinned, nor a failure without a word', () => {
    expect(judge('signed-by-pinned', 0, vendor).status).toBe('untrusted');
    expect(judge('signed-by-pinned', 1).status).toBe('failed');
    expect(judge('signed-by-pinned', 0, []).status).toBe('untrusted');
    expect(judgeRpmSignature({ code: 0, stdout: '', stderr: '' }, pinned).status).toBe('failed');
  });
});

describe('systemctl', () => {
  it('reads the units of one answer', () => {
    expect(parseShow(fixture('systemctl/show.txt'))).toHaveLength(5);
    expect(serviceRecords(fixture('systemctl/show.txt'))).toEqual([
      { name: 'dbus.service', state: 'running', enabled: true, system: true },
      { name: 'systemd-journald.service', state: 'running', enabled: true, system: true },
      { name: 'getty@tty1.service', state: 'stopped', enabled: true, system: true },
    ]);
  });

  it('sees SysV services, restarting ones, and running ones whose unit was removed', () => {
    expect(serviceRecords(fixture('systemctl/show-products.txt'))).toEqual([
      { name: 'kesl.service', state: 'stopped', enabled: true, system: true },
      { name: 'clamav-daemon.service', state: 'running', enabled: true, system: true },
      { name: 'falcon-sensor.service', state: 'running', enabled: false, system: false },
      { name: 'sophos-spl.service', state: 'failed', enabled: false, system: false },
    ]);
  });

  it('answers for every name that was asked, aliases too', () => {
    const names = ['nothere', 'autovt@tty1.service', 'dbus', 'apt-daily.service', 'never-shown'];
    expect(serviceStates(fixture('systemctl/show.txt'), names)).toEqual([
      { name: 'nothere', state: 'absent' },
      { name: 'autovt@tty1.service', state: 'stopped' },
      { name: 'dbus', state: 'running' },
      { name: 'apt-daily.service', state: 'stopped' },
      { name: 'never-shown', state: 'absent' },
    ]);
  });

  it('takes unit names out of both lists', () => {
    expect(parseUnitNames(fixture('systemctl/list-units.txt'))).toContain('dbus.service');
    expect(parseUnitNames(fixture('systemctl/list-unit-files.txt'))).toContain('getty@.service');
    expect(unitName('clamd@scan')).toBe('clamd@scan.service');
    expect(unitName('x.socket')).toBe('x.socket');
  });
});

describe('os-release', () => {
  const none = { deb: false, rpm: false };
  it.each([
    ['debian', 'deb', '12'],
    ['ubuntu', 'deb', '24.04'],
    ['rocky', 'rpm', '9.4'],
    ['amazon', 'rpm', '2023'],
    ['leap', 'rpm', '15.6'],
  ])('%s takes %s packages', (name, format, version) => {
    const release = parseOsRelease(fixture(`os-release/${name}.txt`));
    expect(packageFormats(release, { deb: true, rpm: true })).toEqual([format]);
    expect(release.version).toBe(version);
  });

  it('asks the databases only for a distribution it does not know', () => {
    const arch = parseOsRelease(fixture('os-release/arch.txt'));
    expect(arch).toEqual({ id: 'arch', like: [], name: 'Arch Linux', version: null });
    expect(packageFormats(arch, none)).toEqual([]);
    expect(packageFormats(arch, { deb: false, rpm: true })).toEqual(['rpm']);
    expect(packageFormats(arch, { deb: true, rpm: true })).toEqual([]);
  });

  it('understands quotes and escapes', () => {
    expect(parseOsRelease(`ID='My"OS'\nPRETTY_NAME="A \\"B\\" \\$C"\n`)).toMatchObject({
      id: 'my"os',
      name: 'A "B" $C',
    });
    expect(parseOsRelease('').name).toBe('Linux');
  });
});

describe('/proc', () => {
  it('reads stat whatever a process calls itself', () => {
    const tail = 'S 812 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 987654 0 0';
    expect(parseStat(`77 (a) R 1 (b) ${tail}`)).toEqual({
      comm: 'a) R 1 (b',
      state: 'S',
      parentPid: 812,
      startTime: '987654',
    });
    expect(parseStat('')).toBeNull();
    expect(isGone({ comm: '', state: 'Z', parentPid: 1, startTime: '1' })).toBe(true);
  });

  it.each([
    [['/usr/bin/dnf', 'install'], 'dnf'],
    [['-s', '/usr/bin/dnf-3'], 'dnf-3'],
    [['-c', 'password'], null],
    [['-Sc', 'password'], null],
    [['-m', 'module'], null],
    [['-u', 'token=secret value'], null],
    [[], null],
  ])('names the script in %j and no code', (args, name) => {
    expect(scriptName(args)).toBe(name);
  });

  it('reads the users a process runs as', () => {
    expect(parseUids('Name:\tx\nUid:\t1000\t0\t0\t0\n')).toEqual([1000, 0, 0]);
    expect(parseUids('Name: x')).toBeNull();
    expect(hasMemory('Name:\tdpkg\nState:\tS (sleeping)\nVmPeak:\t 10 kB\nVmSize:\t 9 kB\n')).toBe(true);
    expect(hasMemory('Name:\tkworker/0:1\nState:\tI (idle)\nThreads:\t1\n')).toBe(false);
  });

  it('knows a fanotify group that decides over opens from one that only listens', () => {
    expect(blocksFileAccess(fixture('proc/fdinfo-fanotify-content.txt'))).toBe(true);
    expect(blocksFileAccess('fanotify flags:8 event-flags:0\n')).toBe(true);
    expect(blocksFileAccess(fixture('proc/fdinfo-fanotify-notify.txt'))).toBe(false);
    expect(blocksFileAccess('inotify wd:1\n')).toBe(false);
  });

  it('reads modules and processor features', () => {
    expect(parseModules(fixture('proc/modules.txt')).map(({ name, state }) => `${name} ${state}`)).toEqual([
      'falcon_lsm_serviceable loaded',
      'ext4 loaded',
      'old_driver stopped',
    ]);
    expect(parseSse42('flags\t\t: fpu sse4_1 sse4_2\n')).toBe(true);
    expect(parseSse42('flags\t\t: sse4_2\nflags\t\t: sse4_1\n')).toBe(false);
    expect(parseSse42('Features\t: fp asimd\n')).toBeNull();
  });

  it('finds the mount that holds a path, the one mounted last over others', () => {
    const mounts = parseMountinfo(fixture('proc/mountinfo.txt'));
    expect(mountOf(mounts, '/var/lib/dpkg/lock')).toMatchObject({ device: '0:45', type: 'btrfs' });
    expect(mountOf(mounts, '/variable')).toMatchObject({ path: '/' });
    expect(mountOf(mounts, '/opt/my apps/x')).toMatchObject({ type: 'tmpfs' });
  });

  it('reads locks of processes, without those that wait and those any reader may take', () => {
    expect(parseLocks(fixture('proc/locks.txt'))).toEqual([
      { pid: 812, device: '254:0', inode: '131' },
      { pid: null, device: '254:0', inode: '777' },
      { pid: null, device: '259:5', inode: '42' },
    ]);
    expect(deviceOf(0xfe00n)).toBe('254:0');
    expect(deviceOf(0x1_0305n)).toBe('259:5');
  });

  it('knows the users of the local database', () => {
    const passwd = 'root:x:0:0::/root:/bin/sh\nsentinelone:x:998:998::/opt/sentinelone:/sbin/nologin\n';
    expect(parsePasswdUid(passwd, 'sentinelone')).toBe(998);
    expect(parsePasswdUid(passwd, 'sentinel')).toBeNull();
  });
});

describe('hardware', () => {
  it('calls architectures by our names', () => {
    expect(['x86_64', 'aarch64', 'i686', 'riscv64'].map(architectureOf)).toEqual(['x64', 'arm64', 'x86', 'other']);
  });

  it('takes the first id that tells machines apart', () => {
    const macs = ['02:00:00:00:00:01'];
    const board = { productUuid: '03000200-0400-0500-0006-000700080009\n', deviceTreeSerial: null, macs };
    expect(hardwareId(board)).toBe('mac:02:00:00:00:00:01');
    expect(hardwareId({ ...board, productUuid: '00000000-0000-0000-0000-000000000000' })).toBe('mac:02:00:00:00:00:01');
    expect(hardwareId({ ...board, productUuid: 'ABCD-1\n' })).toBe('uuid:abcd-1');
    expect(hardwareId({ productUuid: null, deviceTreeSerial: '100000001\0', macs })).toBe('serial:100000001');
    expect(hardwareId({ productUuid: null, deviceTreeSerial: null, macs: [] })).toBe('');
  });

  it('sees a hypervisor', () => {
    expect(hypervisorOf('flags\t: fpu hypervisor lahf_lm\n')).toBe('unknown');
    expect(hypervisorOf('flags\t: fpu\n')).toBeNull();
  });
});
