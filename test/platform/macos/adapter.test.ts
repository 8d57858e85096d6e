import { beforeEach, describe, expect, it } from 'vitest';
import { detect } from '#installers/antivirus/detect.ts';
import { catalogue, inventoryQuery } from '#installers/antivirus/catalogue.ts';
import { presenceOn } from '#installers/sentinelone/presence.ts';
import { trust } from '#installers/sentinelone/trust.ts';
import type { Platform, VendorToolSpec } from '#platform/platform.ts';
import { faultFrom } from '#test/platform/fault.ts';
import { fixtureBytes } from '#test/platform/macos/fixture.ts';
import { Host } from '#test/worlds/host/host.ts';
import { falcon, falconUntilRestart, Mac } from '#test/worlds/macos/mac.ts';
import { macPlatform } from '#test/worlds/macos/outside.ts';
import { noProduct, product } from '#test/worlds/macos/product.ts';

let mac: Mac;
let platform: Platform;

beforeEach(() => {
  const host = new Host();
  mac = new Mac(host);
  platform = macPlatform(mac, host.spawn('test'));
});

const look = () => platform.inventory(inventoryQuery(catalogue, 'macos'));
const broken = { code: 1, stdout: '', stderr: 'Operation not permitted' };
const [tool] = presenceOn('macos', trust.publishers).tools;
const sentinelctl = (changes: Partial<VendorToolSpec> = {}) =>
  platform.probeVendorTool({ ...(tool as VendorToolSpec), ...changes } as VendorToolSpec, ['version']);

describe('the machine', () => {
  it('is described from what it says of itself', async () => {
    expect(await platform.machine()).toMatchObject({
      os: 'macos',
      name: 'macOS 15.3 (24D60)',
      version: '15.3',
      architecture: 'arm64',
      product: 'client',
      formats: ['pkg'],
      sse42: null,
      virtualisation: null,
      bootId: '5E6FFEBE-27C1-4C0B-9A55-000000000001',
    });
  });

  it('is not guessed when it does not answer', async () => {
    for (const program of ['/usr/bin/sw_vers', '/usr/sbin/ioreg', '/usr/sbin/sysctl']) {
      mac.broken.set(program, broken);
      expect((await faultFrom(() => platform.machine())).code).toBe('system.unreadable');
      mac.broken.clear();
    }
  });
});

describe('the inventory', () => {
  it('names another antivirus with its evidence', async () => {
    mac.antivirus = [falcon];
    const [finding] = detect(await look(), catalogue).findings;
    expect(finding).toMatchObject({ productId: 'crowdstrike-falcon', state: 'active' });
    expect(finding?.evidence.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['system-extension', 'launch-daemon', 'process', 'bundle', 'path']),
    );
  });

  it('tells one that waits for a restart', async () => {
    mac.antivirus = [falconUntilRestart];
    expect(detect(await look(), catalogue).findings).toMatchObject([
      { productId: 'crowdstrike-falcon', state: 'pending-reboot' },
    ]);
    expect(await platform.pendingReboot()).toEqual({ status: 'ok', value: true });
  });

  it('finds nothing on a clean Mac, and itself on a protected one', async () => {
    expect(detect(await look(), catalogue)).toMatchObject({ findings: [], failedProbes: [] });
    expect(await platform.pendingReboot()).toEqual({ status: 'ok', value: false });
    mac.installProduct(null);
    expect(detect(await look(), catalogue).findings).toMatchObject([{ productId: 'sentinelone', state: 'self' }]);
  });

  it.each([
    ['/usr/bin/systemextensionsctl', 'systemExtensions'],
    ['/bin/launchctl', 'launchDaemons'],
    ['/bin/ps', 'processes'],
    ['/usr/sbin/lsof', 'processes'],
    ['/usr/sbin/pkgutil', 'receipts'],
  ] as const)('could not look is not nothing there: %s', async (program, probe) => {
    mac.antivirus = [falcon];
    for (const answer of [broken, { code: 0, stdout: 'something else\n', stderr: '' }]) {
      mac.broken.set(program, answer);
      const inventory = await look();
      if (probe !== 'receipts' || answer.code !== 0) expect(inventory[probe].status).toBe('failed');
      expect(detect(inventory, catalogue).findings[0]?.productId).toBe('crowdstrike-falcon');
    }
  });

  it('does not take an extension that it does not understand for none', async () => {
    mac.broken.set('/usr/bin/systemextensionsctl', { code: 0, stdout: '1 extension(s)\n---\nnew form\n', stderr: '' });
    expect((await look()).systemExtensions.status).toBe('failed');
  });
});

describe('G6 a fake antivirus does not deny protection', () => {
  it('by a process that calls itself so', async () => {
    const name = 'falcond';
    mac.addProcess({ pid: 901, parentPid: 1, uid: 501, program: '/Users/ada/falcond' });
    mac.addProcess({ pid: 902, parentPid: 1, uid: 0, realUid: 501, program: '/usr/bin/sudo', name });
    mac.addProcess({ pid: 903, parentPid: 1, uid: 0, program: '/usr/bin/sudo', name });
    mac.addProcess({ pid: 904, parentPid: 1, uid: 501, program: '/Library/CS/falcond' });
    const inventory = await look();
    const records = inventory.processes.status === 'ok' ? inventory.processes.value : [];
    expect(records.filter(({ pid }) => pid > 900 && pid < 905)).toHaveLength(4);
    expect(records.filter(({ name: each, trusted }) => each === name && trusted)).toEqual([]);
    expect(detect(inventory, catalogue).findings).toEqual([]);
  });

  it('by files without number: nobody’s but the system’s processes are asked for theirs', async () => {
    mac.addProcess({ pid: 901, parentPid: 1, uid: 501, program: '/Users/ada/thousands' });
    mac.addProcess({ pid: 902, parentPid: 1, uid: 82, program: '/usr/local/sbin/clamd' });
    await look();
    const asked = mac.asked
      .filter((line) => line.startsWith('/usr/sbin/lsof'))
      .map((line) => / -p (\S+) /.exec(line)?.[1]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.split(',')).toContain('902');
    expect(asked[0]?.split(',')).not.toContain('901');
  });

  it('by a program that others than administrators could have put there', async () => {
    const program = '/Library/CS/falcond';
    mac.addProcess({ pid: 905, parentPid: 1, uid: 0, program });
    mac.distrusted.set(program, '/Library/CS belongs to user 501');
    expect(detect(await look(), catalogue).findings).toEqual([]);
    mac.distrusted.clear();
    expect(detect(await look(), catalogue).findings).toMatchObject([{ productId: 'crowdstrike-falcon' }]);
  });

  it('by an application that its owner could have renamed', async () => {
    const bundle = { path: '/Applications/Notes.app', id: 'com.crowdstrike.falcon.App' };
    const none = { extensions: [], daemons: [], receipts: [], paths: [], programs: [] };
    mac.antivirus = [{ ...none, bundles: [bundle] }];
    mac.distrusted.set(`${bundle.path}/Contents/Info.plist`, `${bundle.path} belongs to user 501`);
    expect(detect(await look(), catalogue).findings).toEqual([]);
    mac.distrusted.clear();
    expect(detect(await look(), catalogue).findings).toMatchObject([{ productId: 'crowdstrike-falcon' }]);
  });

  it('by an installer that is only called so', async () => {
    mac.addProcess({ pid: 906, parentPid: 1, uid: 501, program: '/Users/ada/installer' });
    mac.addProcess({ pid: 907, parentPid: 1, uid: 0, program: '/bin/sleep', name: 'installer' });
    expect(await platform.locks('pkg')).toEqual({ status: 'ok', value: [] });
    // Nobody's processes are asked for their files here either.
    expect(mac.asked.filter((line) => line.startsWith('/usr/sbin/lsof') && line.includes('906'))).toEqual([]);
    mac.addProcess({ pid: 908, parentPid: 1, uid: 0, program: '/usr/sbin/installer' });
    const holder = { pid: 908, command: 'installer' };
    expect(await platform.locks('pkg')).toMatchObject({ status: 'ok', value: [{ lock: 'macOS installer', holder }] });
    expect(await platform.installerProcesses([])).toEqual({ status: 'ok', value: [holder] });
  });
});

describe('G5 the package', () => {
  const file = '/Library/Garrison/State/packages/x.pkg';
  const pinned = { rpmKeys: [], authenticodeOrganisations: [], appleTeamIds: [product.teamId] };
  beforeEach(async () => {
    const packages = await platform.files.openPrivateDirectory('/Library/Garrison/State/packages');
    await packages.replace('x.pkg', fixtureBytes('pkg/product.pkg'));
  });

  it('says what it is without being run or unpacked', async () => {
    expect(await platform.packageMetadata('pkg', file)).toEqual({
      status: 'ok',
      value: { name: product.receipt, version: product.version, architecture: 'arm64,x86_64' },
    });
    expect(mac.asked).toEqual([]);
    expect(await platform.packageMetadata('pkg', `${file}.not`)).toMatchObject({ code: 'package.unreadable' });
  });

  it('is trusted for the pinned team only', async () => {
    expect(await platform.verifySignature('pkg', file, pinned)).toMatchObject({ status: 'trusted' });
    const other = { ...pinned, appleTeamIds: ['ABCDE12345'] };
    expect(await platform.verifySignature('pkg', file, other)).toMatchObject({ status: 'untrusted' });
    const none = { ...pinned, appleTeamIds: [] };
    expect(await platform.verifySignature('pkg', file, none)).toMatchObject({ status: 'untrusted' });
    expect(await platform.verifySignature('pkg', `${file}.not`, pinned)).toMatchObject({ status: 'failed' });
    expect(await platform.verifySignature('deb', file, pinned)).toMatchObject({ status: 'failed' });
  });
});

describe('the package’s state', () => {
  const state = async () => {
    const probe = await platform.packageState('pkg', [product.receipt]);
    return probe.status === 'ok' ? `${probe.value.state} ${probe.value.version ?? '-'}` : probe.status;
  };

  it('is that of the receipt and of what it laid down', async () => {
    expect(await state()).toBe('absent -');
    mac.installProduct(null);
    expect(await state()).toBe(`present ${product.version}`);
    mac.missing.add(product.app);
    expect(await state()).toBe(`present ${product.version}`);
    mac.product = { ...noProduct, receipt: true };
    expect(await state()).toBe('absent -');
  });

  it('is not "absent" when nobody could look', async () => {
    mac.broken.set('/usr/sbin/pkgutil', broken);
    expect(await state()).toBe('failed');
  });
});

describe('G7 the vendor’s tool', () => {
  const untrusted = { status: 'failed', code: 'health.untrusted-tool' };
  beforeEach(() => mac.installProduct(null));

  it('runs when it is the vendor’s', async () => {
    expect(await sentinelctl()).toMatchObject({ status: 'ok', value: { stdout: `SentinelOne ${product.version}\n` } });
  });

  it('does not run when others could have written it, or anything above it', async () => {
    mac.distrusted.set(product.tool, '/Library/Sentinel can be written by others');
    expect(await sentinelctl()).toMatchObject(untrusted);
  });

  it('does not run when another team signed it, nobody is pinned, or codesign cannot be asked', async () => {
    mac.signedBy = 'ABCDE12345';
    expect(await sentinelctl()).toMatchObject(untrusted);
    mac.signedBy = product.teamId;
    expect(await sentinelctl({ kind: 'file', path: product.tool, appleTeamIds: [] })).toMatchObject(untrusted);
    expect(await sentinelctl({ kind: 'file', path: product.tool, appleTeamIds: ['x" or anchor'] })).toMatchObject(
      untrusted,
    );
    mac.missing.add('/usr/bin/codesign');
    expect(await sentinelctl()).toMatchObject(untrusted);
  });

  it('does not run when it is not there, or of another system', async () => {
    mac.product = noProduct;
    expect(await sentinelctl()).toMatchObject(untrusted);
    expect(await sentinelctl({ kind: 'com', progId: 'x', method: 'y' })).toMatchObject(untrusted);
    expect(mac.asked.filter((line) => line.startsWith(product.tool))).toEqual([]);
  });
});

describe('programs', () => {
  it('are not run when others could have changed them, nor when they are not there', async () => {
    mac.distrusted.set('/usr/sbin/pkgutil', '/usr/sbin can be written by others');
    expect(await platform.probe({ program: 'pkgutil', args: [] })).toMatchObject({ code: 'file.untrusted' });
    mac.missing.add('/usr/bin/profiles');
    expect(await platform.probe({ program: 'profiles', args: [] })).toMatchObject({ status: 'unsupported' });
    expect(mac.asked).toEqual([]);
  });

  it('that are missing are told apart from those that could not be started', async () => {
    mac.missing.add('/usr/sbin/installer');
    const options = { directory: '/Library/Garrison/State/runs/run-1', outputFile: 'output.log', environment: {} };
    const start = (program: string) => faultFrom(() => platform.startInstaller({ program, args: [] }, options));
    expect((await start('installer')).code).toBe('install.program-missing');
    expect((await start('dpkg')).code).toBe('agent.defect');
    mac.missing.clear();
    mac.distrusted.set('/usr/sbin/installer', '/usr/sbin can be written by others');
    expect((await start('installer')).code).toBe('install.not-started');
  });
});

it('a start is a start, whatever can be learned of it afterwards', async () => {
  const options = { directory: '/Library/Garrison/State/runs/run-1', outputFile: 'output.log', environment: {} };
  const invocation = { program: 'installer', args: ['-pkg', '/x.pkg', '-target', '/'] };
  mac.broken.set('/bin/ps', { code: null, stdout: '', stderr: '' });
  const { identity } = await platform.startInstaller(invocation, options);
  expect(identity).toMatchObject({ startTime: 'unknown', bootId: '5E6FFEBE-27C1-4C0B-9A55-000000000001' });
  expect(mac.installer.starts).toHaveLength(1);
});

describe('services', () => {
  const states = async (...names: string[]) => {
    const probe = await platform.services(names);
    return probe.status === 'ok' ? probe.value.map(({ state }) => state) : probe.status;
  };

  it('are what launchd says of them', async () => {
    expect(await states(product.daemon)).toEqual(['absent']);
    mac.daemonFiles.add(`/Library/LaunchDaemons/${product.daemon}.plist`);
    expect(await states(product.daemon)).toEqual(['stopped']);
    mac.installProduct(null);
    expect(await states(product.daemon)).toEqual(['running']);
    mac.product = { ...mac.product, daemon: 'stopped' };
    expect(await states(product.daemon)).toEqual(['stopped']);
    expect(await states('../../etc/passwd')).toBe('failed');
    mac.broken.set('/bin/launchctl', broken);
    expect(await states(product.daemon)).toBe('failed');
  });

  it('are loaded from root’s own file when launchd does not know them', async () => {
    const file = `/Library/LaunchDaemons/${product.daemon}.plist`;
    expect(await platform.startService(product.daemon)).toMatchObject({ status: 'failed' });
    mac.daemonFiles.add(file);
    mac.distrusted.set(file, 'belongs to user 501');
    expect(await platform.startService(product.daemon)).toMatchObject({ code: 'file.untrusted' });
    expect(mac.started).toEqual([]);
    mac.distrusted.clear();
    expect(await platform.startService(product.daemon)).toEqual({ status: 'ok', value: undefined });
    expect(mac.started).toEqual([`bootstrap ${file}`, `kickstart ${product.daemon}`]);
  });
});

describe('restarts', () => {
  const request = { noticeMs: 900_000, message: '-k SentinelOne needs a restart' };

  it('are asked for with notice, once, and taken back', async () => {
    expect(await platform.requestReboot(request)).toEqual({ status: 'ok', value: undefined });
    expect(mac.asked.at(-1)).toBe('/sbin/shutdown -r +15 k SentinelOne needs a restart');
    expect(await platform.requestReboot(request)).toMatchObject({ code: 'reboot.already-scheduled' });
    expect(await platform.cancelReboot()).toEqual({ status: 'ok', value: undefined });
    expect(await platform.requestReboot(request)).toEqual({ status: 'ok', value: undefined });
  });

  it('are not kept away by somebody who calls his program shutdown', async () => {
    mac.addProcess({ pid: 910, parentPid: 1, uid: 0, program: '/bin/sleep', name: 'shutdown' });
    mac.addProcess({ pid: 911, parentPid: 1, uid: 501, program: '/sbin/shutdown' });
    expect(await platform.requestReboot(request)).toMatchObject({ status: 'ok' });
  });

  it('taken back do not end anybody else’s process', async () => {
    mac.addProcess({ pid: 912, parentPid: 1, uid: 501, program: '/sbin/shutdown' });
    await platform.cancelReboot();
    expect(mac.processes().some(({ pid }) => pid === 912)).toBe(true);
  });
});

describe('who is alive', () => {
  it('is told by boot, number and start together', async () => {
    const self = await platform.self();
    expect(self.startTime).toMatch(/^[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d \d{4}$/);
    expect(await platform.isAlive(self)).toBe(true);
    expect(await platform.isAlive({ ...self, startTime: 'Thu Jan 1 00:00:00 1970' })).toBe(false);
    expect(await platform.isAlive({ ...self, pid: 99_999 })).toBe(false);
    mac.host.boot += 1;
    expect(await platform.isAlive(self)).toBe(false);
  });

  it('is not said when nobody could look: what is believed dead would be started again', async () => {
    const self = await platform.self();
    mac.broken.set('/bin/ps', { code: null, stdout: '', stderr: '' });
    expect((await faultFrom(() => platform.isAlive(self))).code).toBe('system.unreadable');
  });
});
