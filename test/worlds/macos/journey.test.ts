/** What an administrator's Mac goes through: the real agent over the real macOS adapter, every answer of a program recorded. */
import { describe, expect, it } from 'vitest';
import { siteToken } from '#test/worlds/host/console.ts';
import type { Device } from '#test/worlds/host/device.ts';
import { macDevice, type MacDevice } from '#test/worlds/macos/device.ts';
import { scripts, type InstallerScript } from '#test/worlds/macos/installer.ts';
import { falcon, falconUntilRestart } from '#test/worlds/macos/mac.ts';
import { product } from '#test/worlds/macos/product.ts';

const minuteMs = 60_000;

function started(options: Parameters<typeof macDevice>[0] = {}): MacDevice {
  const made = macDevice(options);
  made.device.assignsOnEnrolment();
  made.device.start();
  return made;
}

const events = (device: Device, ...kinds: readonly string[]) =>
  device.console.devices.size === 0 ? [] : device.console.events().filter(({ kind }) => kinds.includes(kind));
const tokensLeft = (device: Device): string[] =>
  device
    .stored()
    .filter(({ text, path }) => text.includes(siteToken) || path.endsWith('registration-token'))
    .map(({ path }) => path);

describe('a clean Mac', () => {
  it('enrols, installs once with the token beside the package, and is protected', async () => {
    const { device, mac } = started();
    expect(await device.until('protected')).toBe(true);
    await device.host.time.run(10 * minuteMs);
    expect(mac.installer.starts).toHaveLength(1);
    expect(mac.installer.starts[0]).toMatchObject({ gotToken: true });
    expect(mac.installer.starts[0]?.package).toMatch(/^\/Library\/Garrison\/State\/runs\/run-1\//);
    expect(tokensLeft(device)).toEqual([]);
    expect(device.console.device().report?.state).toMatchObject({ kind: 'protected', version: '24.2.2.7632' });
    expect(device.console.device().report?.machine?.value).toMatchObject({
      os: 'macos',
      version: '15.3',
      architecture: 'arm64',
    });
    expect(device.violations()).toEqual([]);
  });

  it('keeps the token out of every program’s arguments and of what the agent tells', async () => {
    const { device, mac } = started();
    expect(await device.until('protected')).toBe(true);
    expect(mac.asked.filter((line) => line.includes(siteToken))).toEqual([]);
    expect(JSON.stringify(device.console.events())).not.toContain(siteToken);
    expect(JSON.stringify(device.log)).not.toContain(siteToken);
  });
});

describe('another antivirus', () => {
  it('blocks with its evidence until it is removed and Retry is pressed', async () => {
    const { device, mac } = macDevice();
    mac.antivirus = [falcon];
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('blocked')).toBe(true);
    await device.host.time.run(2 * minuteMs);
    expect(device.state).toMatchObject({
      kind: 'blocked',
      conflicts: [{ productId: 'crowdstrike-falcon', state: 'active' }],
    });
    expect(JSON.stringify(device.state)).toContain('com.crowdstrike.falcon.Agent');
    expect(mac.installer.starts).toEqual([]);
    mac.antivirus = [];
    device.console.send(device.command('retry'));
    expect(await device.until('protected', 10 * minuteMs)).toBe(true);
    expect(events(device, 'retry-requested')).toHaveLength(1);
    expect(device.violations()).toEqual([]);
  });

  it('that waits for a restart blocks until then', async () => {
    const { device, mac } = macDevice();
    mac.antivirus = [falconUntilRestart];
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('blocked')).toBe(true);
    expect(device.state).toMatchObject({ conflicts: [{ state: 'pending-reboot' }] });
    mac.antivirus = [];
    device.host.restart();
    expect(await device.until('protected')).toBe(true);
    expect(device.violations()).toEqual([]);
  });

  it('that could not be looked for is not believed absent', async () => {
    const { device, mac } = macDevice();
    mac.broken.set('/usr/bin/systemextensionsctl', { code: 1, stdout: '', stderr: 'Operation not permitted' });
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('blocked')).toBe(true);
    expect(JSON.stringify(device.state)).toContain('systemExtensions');
    expect(mac.installer.starts).toEqual([]);
    mac.broken.clear();
    expect(await device.until('protected', 24 * 60 * minuteMs)).toBe(true);
  });
});

describe('approvals', () => {
  it('Full Disk Access missing is not protecting, and ends when it is given', async () => {
    const { device, mac } = macDevice();
    mac.approvals = { fullDiskAccess: false, networkExtension: true };
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('not-protecting')).toBe(true);
    expect(device.state).toMatchObject({ reason: 'full-disk-access-missing' });
    await device.host.time.run(30 * minuteMs);
    expect(mac.installer.starts).toHaveLength(1);
    mac.product = { ...mac.product, fullDiskAccess: true };
    expect(await device.until('protected')).toBe(true);
    expect(device.violations()).toEqual([]);
  });

  it('a network extension that nobody approved is protected, needs attention', async () => {
    const { device, mac } = macDevice();
    mac.approvals = { fullDiskAccess: true, networkExtension: false };
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('degraded')).toBe(true);
    const problems = device.state?.kind === 'degraded' ? device.state.problems : [];
    expect(new Set(problems.map(({ kind }) => kind))).toEqual(new Set(['network-extension-unapproved']));
    mac.product = { ...mac.product, networkExtension: 'enabled' };
    expect(await device.until('protected')).toBe(true);
    expect(device.violations()).toEqual([]);
  });
});

describe('configuration profiles', () => {
  const detail = (device: Device) => device.console.device().report?.product?.value.detail.join(' ') ?? '';

  it('that are missing are named before anything is installed, and where that leaves the product bare', async () => {
    const { device, mac } = macDevice();
    mac.managed = 'without privacy';
    mac.approvals = { fullDiskAccess: false, networkExtension: true };
    mac.antivirus = [falcon];
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('blocked')).toBe(true);
    await device.host.time.run(2 * minuteMs);
    expect(detail(device)).toContain('No profile gives Full Disk Access to com.sentinelone.sentineld,');
    expect(detail(device)).not.toContain('system extension');
    mac.antivirus = [];
    device.console.send(device.command('retry'));
    expect(await device.until('not-protecting')).toBe(true);
    await device.host.time.run(2 * minuteMs);
    expect(detail(device)).toContain('Full Disk Access');
    mac.product = { ...mac.product, fullDiskAccess: true };
    expect(await device.until('protected')).toBe(true);
    await device.host.time.run(10 * minuteMs);
    expect(detail(device)).not.toContain('profile');
  });

  it('say nothing where all is approved, and nothing that could not be read is missing', async () => {
    const { device, mac } = started();
    mac.broken.set('/usr/bin/profiles', { code: 1, stdout: '', stderr: 'not permitted' });
    expect(await device.until('protected')).toBe(true);
    expect(detail(device)).not.toContain('profile');
  });
});

describe('a run that is interrupted', () => {
  it('is joined by the agent that comes after', async () => {
    const { device, mac } = started();
    mac.installer.always = scripts.slow;
    const { time } = device.host;
    expect(await time.run(10 * minuteMs, () => mac.installer.running().length > 0)).toBe(true);
    device.process?.die();
    expect(await device.until('protected', 120 * minuteMs)).toBe(true);
    expect(mac.installer.starts).toHaveLength(1);
    expect(tokensLeft(device)).toEqual([]);
    expect(device.violations()).toEqual([]);
  });

  it('by a power cut is looked at and tried again, the token gone', async () => {
    const { device, mac } = started();
    expect(await device.host.time.run(10 * minuteMs, () => mac.installer.running().length > 0)).toBe(true);
    device.host.cutPower();
    expect(await device.until('protected', 240 * minuteMs)).toBe(true);
    expect(mac.installer.starts).toHaveLength(2);
    expect(tokensLeft(device)).toEqual([]);
    expect(device.violations()).toEqual([]);
  });

  it('waits while another installer is at work', async () => {
    const { device, mac } = macDevice();
    const other = { pid: 812, parentPid: 1, uid: 0, program: '/usr/sbin/installer' };
    mac.addProcess(other);
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('waiting')).toBe(true);
    expect(JSON.stringify(device.state)).toContain('installer');
    await device.host.time.run(10 * minuteMs);
    expect(mac.installer.starts).toEqual([]);
    mac.removeProcess(other.pid);
    expect(await device.until('protected', 30 * minuteMs)).toBe(true);
    expect(device.violations()).toEqual([]);
  });
});

describe('installer(8) says 1 and nothing more: the cause is found', () => {
  const rows: readonly [string, InstallerScript, string][] = [
    ['a script of the package failed', scripts.scriptFailed, 'install.scriptlet-failed'],
    ['files could not be moved', scripts.filesNotMoved, 'install.failed'],
    ['the system is not served', scripts.wrongSystem, 'install.unsupported-system'],
    ['the disk is full', scripts.noSpace, 'install.no-space'],
    ['another installation runs', scripts.busy, 'install.busy'],
    ['macOS does not trust it', scripts.notTrusted, 'install.forbidden'],
    ['nobody knows why', scripts.unknown, 'install.failed'],
  ];

  it.each(rows)('%s', async (_, script, code) => {
    const { device, mac } = started();
    mac.installer.coming.push(script);
    const exits = () => events(device, 'installer-exited', 'attempt-ended');
    expect(await device.host.time.run(60 * minuteMs, () => exits().length >= 2)).toBe(true);
    expect(exits()).toMatchObject([
      { kind: 'installer-exited', data: { exitCode: 1 } },
      { kind: 'attempt-ended', data: { result: 'failed', fault: { code } } },
    ]);
    expect(tokensLeft(device)).toEqual([]);
    expect(device.violations()).toEqual([]);
  });

  it('a failure that another package left in the log is not taken for ours', async () => {
    const { device, mac } = started();
    mac.writeLog(['installd[900]: PackageKit: Install Failed: Error Domain=PKInstallErrorDomain Code=102 "another"']);
    mac.installer.coming.push(scripts.filesNotMoved);
    const ended = () => events(device, 'attempt-ended');
    expect(await device.host.time.run(60 * minuteMs, () => ended().length > 0)).toBe(true);
    expect(ended()).toMatchObject([{ data: { fault: { code: 'install.failed' } } }]);
  });

  it('nor when the note of how the log ended is lost', async () => {
    const { device, mac } = macDevice();
    const { disk, time } = device.host;
    mac.writeLog(['installd[900]: PackageKit: Install Failed: Error Domain=PKInstallErrorDomain Code=102 "another"']);
    await time.run(10 * minuteMs);
    device.assignsOnEnrolment();
    device.start();
    mac.installer.coming.push({ ...scripts.unknown, log: ['installd[900]: PackageKit: ----- End install -----'] });
    expect(await time.run(60 * minuteMs, () => mac.installer.running().length > 0)).toBe(true);
    const run = disk.lookup('/Library/Garrison/State/runs/run-1');
    if (run?.kind !== 'directory') throw new Error('the run has no directory');
    expect(run.entries.delete('before.json')).toBe(true);
    const ended = () => events(device, 'attempt-ended');
    expect(await time.run(60 * minuteMs, () => ended().length > 0)).toBe(true);
    expect(ended()).toMatchObject([{ data: { fault: { code: 'install.failed' } } }]);
  });

  it('0 without the product is no success', async () => {
    const { device, mac } = started();
    mac.installer.always = scripts.nothing;
    const ended = () => events(device, 'attempt-ended');
    expect(await device.host.time.run(60 * minuteMs, () => ended().length > 0)).toBe(true);
    expect(ended()).toMatchObject([{ data: { result: 'failed' } }]);
    expect(device.violations()).toEqual([]);
  });
});

describe('other Macs', () => {
  it('one that the assigned version does not serve is told so, with what would help', async () => {
    const { device, mac } = macDevice();
    mac.version = '26.1';
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('unsupported')).toBe(true);
    expect(JSON.stringify(device.state)).toContain('26.1');
    expect(mac.installer.starts).toEqual([]);
  });

  it('one where a daemon runs that no receipt speaks for is not laid over', async () => {
    const { device, mac } = macDevice();
    mac.installProduct(null);
    mac.product = { ...mac.product, receipt: false };
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('failed')).toBe(true);
    expect(device.state).toMatchObject({ fault: { code: 'install.partial' } });
    await device.host.time.run(120 * minuteMs);
    expect(mac.installer.starts).toEqual([]);
    expect(device.violations()).toEqual([]);
  });

  it('one that lost a program to the bin asks its product how it is', async () => {
    const { device, mac } = started();
    expect(await device.until('protected')).toBe(true);
    mac.missing.add(product.app);
    await device.host.time.run(10 * minuteMs);
    expect(device.state?.kind).toBe('protected');
    expect(mac.installer.starts).toHaveLength(1);
  });

  it('one whose product was disabled, or stopped, is not protecting and is left alone', async () => {
    const { device, mac } = started();
    expect(await device.until('protected')).toBe(true);
    mac.product = { ...mac.product, enabled: false };
    expect(await device.until('not-protecting')).toBe(true);
    expect(device.state).toMatchObject({ reason: 'disabled' });
    mac.product = { ...mac.product, enabled: true, daemon: 'stopped' };
    await device.host.time.run(5 * minuteMs);
    expect(device.state).toMatchObject({ kind: 'not-protecting', reason: 'service-stopped' });
    mac.product = { ...mac.product, daemon: 'running' };
    expect(await device.until('protected')).toBe(true);
    expect(mac.installer.starts).toHaveLength(1);
  });

  it('one that was installed by hand is verified, not installed over', async () => {
    const { device, mac } = macDevice();
    mac.installProduct(siteToken);
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('protected')).toBe(true);
    expect(mac.installer.starts).toEqual([]);
    expect(device.violations()).toEqual([]);
  });

  it('one that Apple’s own updates keep busy is waited for', async () => {
    const { device, mac } = macDevice();
    const daemon = '/System/Library/PrivateFrameworks/PackageKit.framework/Versions/A/Resources/system_installd';
    mac.addProcess({ pid: 700, parentPid: 1, uid: 0, program: daemon });
    mac.addProcess({ pid: 701, parentPid: 700, uid: 0, program: '/bin/sh' });
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('waiting')).toBe(true);
    mac.removeProcess(701);
    expect(await device.until('protected', 30 * minuteMs)).toBe(true);
    expect(device.violations()).toEqual([]);
  });
});

describe('G7 what cannot be proved the vendor’s is not asked', () => {
  it('a control program of another team says nothing, and nothing is claimed', async () => {
    const { device, mac } = macDevice();
    mac.signedBy = 'ABCDE12345';
    mac.installProduct(siteToken);
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('not-protecting')).toBe(true);
    expect(device.state).toMatchObject({ reason: 'unreadable' });
    expect(JSON.stringify(device.state)).toContain('failed to satisfy');
    expect(mac.asked.filter((line) => line.startsWith('/Library/Sentinel/'))).toEqual([]);
    expect(mac.installer.starts).toEqual([]);
  });
});

describe('wherever it ends', () => {
  /** Effects of the agent and of the shim in a life that nothing interrupts. */
  async function lengths(): Promise<{ agent: number; shim: number }> {
    const { device } = started();
    expect(await device.until('protected')).toBe(true);
    const agent = device.process?.effects.length ?? 0;
    return { agent, shim: device.host.shimRuns[0]?.effects.length ?? 0 };
  }

  async function endsWell({ device, mac }: MacDevice, startsMax: number): Promise<void> {
    expect(await device.until('protected', 72 * 60 * minuteMs)).toBe(true);
    expect(tokensLeft(device)).toEqual([]);
    expect(device.violations()).toEqual([]);
    expect(mac.installer.starts.length).toBeGreaterThanOrEqual(1);
    expect(mac.installer.starts.length).toBeLessThanOrEqual(startsMax);
  }

  it.each(['process', 'power'] as const)(
    'the agent (%s): protected in the end, one installer at a time',
    async (crash) => {
      const { agent } = await lengths();
      expect(agent).toBeGreaterThan(60);
      for (let at = crash === 'power' ? 3 : 1; at < agent; at += 6) {
        const made = macDevice({ seed: at });
        made.device.crashes = [at];
        made.device.crash = crash;
        made.device.assignsOnEnrolment();
        made.device.start();
        await endsWell(made, crash === 'power' ? 2 : 1);
        expect(made.device.crashes).toEqual([]);
      }
    },
  );

  it.each(['process', 'power'] as const)('the shim (%s): never two installers, and no token left', async (crash) => {
    const { shim } = await lengths();
    expect(shim).toBeGreaterThan(8);
    for (let at = 1; at <= shim; at += 1) {
      const made = macDevice({ seed: at });
      made.device.host.shims = [{ crashAt: at, crash }];
      made.device.assignsOnEnrolment();
      made.device.start();
      await endsWell(made, 2);
    }
  });
});
