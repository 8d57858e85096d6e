/** Installers that fail, lie or do half of it, under real dpkg and rpm: the right code, the right schedule, and never "protected" without proof. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { startDevice, type Device } from './harness.ts';
import { prepareWorld, type World } from './world.ts';

let world: World;
let sentinelOne: SentinelOneWorld;
beforeAll(async () => {
  world = await prepareWorld();
  sentinelOne = await startSentinelOne();
});
afterAll(() => sentinelOne.stop());

interface Ended {
  readonly result: string;
  readonly fault: { readonly code: string } | null;
  readonly nextAttemptAt: string | null;
}

describe.each(['deb', 'rpm'] as const)('%s', (root) => {
  let device: Device;
  beforeAll(async () => {
    device = await startDevice({ root, name: `faults-${root}`, world, sentinelOne });
    await device.assign();
  });
  afterAll(() => device.container.stop());
  afterEach(() => device.reset());

  const shell = (script: string) => device.container.run(['sh', '-c', script]);
  const ends = () => device.memory().of<Ended>('attempt-ended');
  const startsInADay = async (): Promise<number> => {
    const { report } = JSON.parse(await device.container.run(['garrison-agent', 'status', '--json'])) as {
      report: { attempts: { startsLast24h: number } };
    };
    return report.attempts.startsLast24h;
  };
  async function neverProtected(forMs: number): Promise<void> {
    await pause(forMs);
    const states = device
      .memory()
      .of<{ state: { kind: string } }>('state-changed')
      .map(({ state }) => state.kind);
    expect(states).not.toContain('protected');
  }

  test('101: a step of the script failed; tried once more by itself, with a date', async () => {
    device.misbehave({ exit: 101, once: true });
    await device.service('start');
    await device.until('the first attempt has ended', () => ends().length > 0);
    expect(ends()[0]).toMatchObject({ result: 'failed', fault: { code: 'install.scriptlet-failed' } });
    const inMs = Date.parse(ends()[0]?.nextAttemptAt ?? '') - Date.now();
    expect(inMs).toBeLessThanOrEqual(30_000);
    await device.untilState('retrying', 20_000);
    await device.untilState('protected', 60_000);
    expect(device.installerRuns()).toBe(2);
    expect(ends().map(({ result }) => result)).toEqual(['failed', 'protected']);
  });

  test.each([
    [102, 'install.leftovers'],
    [103, 'install.unsupported-system'],
  ])('%i: a person must act; no second try until Retry', async (exit, code) => {
    device.misbehave({ exit });
    await device.service('start');
    await device.untilState('failed');
    expect(device.memory().state).toMatchObject({ fault: { code } });
    expect(ends()).toMatchObject([{ result: 'failed', fault: { code }, nextAttemptAt: null }]);
    await device.service('restart');
    await pause(4000);
    expect(device.installerRuns()).toBe(1);
    device.misbehave(null);
    await device.container.run(['garrison-agent', 'retry']);
    await device.untilState('protected');
    expect(device.installerRuns()).toBe(2);
  });

  test('it ends well and has done nothing: not protecting, and not installed over', async () => {
    device.misbehave({ silent: true });
    await device.service('start');
    await device.until('the installer has ended', () => device.memory().of('installer-exited').length > 0);
    expect(device.memory().of('installer-exited')).toMatchObject([{ exitCode: 0 }]);
    await neverProtected(6000);
    await shell('systemctl stop garrison-agent; rm -rf /var/lib/garrison');
    await device.service('start');
    await device.untilState('not-protecting');
    expect(device.memory().state).toMatchObject({ reason: 'service-stopped' });
    await neverProtected(4000);
    expect(device.installerRuns()).toBe(1);
  });

  test('it joins another site than the one mapped: protected, needs attention', async () => {
    device.misbehave({ 'wrong-site': sentinelOne.tenant.sites[1]?.siteKey ?? '' });
    await device.service('start');
    await device.untilState('degraded');
    expect(device.memory().state).toMatchObject({ problems: [{ kind: 'wrong-site' }] });
    await neverProtected(3000);
    expect(device.installerRuns()).toBe(1);
  });

  test('it never reaches its console: the attempt waits for proof', async () => {
    device.misbehave({ 'never-registers': true });
    await device.service('start');
    await device.until('it waits for proof', () => JSON.stringify(device.memory().state).includes('"register"'));
    await neverProtected(4000);
    device.misbehave(null);
    await device.untilState('protected');
    expect(device.installerRuns()).toBe(1);
  });

  test('another program holds the package lock: it is named, no start is spent, and it goes on by itself', async () => {
    const lock = root === 'deb' ? '/var/lib/dpkg/lock-frontend' : '/var/lib/rpm/.rpm.lock';
    const holder = device.container.spawn([
      'perl',
      '-e',
      `use Fcntl; open F, ">>", "${lock}" or die; my $lock = pack("s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0); fcntl F, F_SETLK, $lock or die; sleep 120`,
    ]);
    await device.service('start');
    await device.untilState('waiting');
    expect(device.memory().state).toMatchObject({ condition: 'package-manager-free', fault: { code: 'install.busy' } });
    expect(JSON.stringify(device.memory().state)).toMatch(/"holder":"perl \(\d+\)"/);
    await pause(4000);
    expect(await startsInADay()).toBe(0);
    expect(device.runs()).toEqual([]);
    holder.kill('SIGKILL');
    await device.untilState('protected');
    expect(device.installerRuns()).toBe(1);
    expect(await startsInADay()).toBe(1);
  });

  if (root === 'deb') {
    test('another apt is at work: it is waited for', async () => {
      await shell(
        'mkdir -p /srv/other/DEBIAN; printf "Package: other\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@x.invalid>\\nDescription: other\\n" >/srv/other/DEBIAN/control; dpkg-deb -b /srv/other /srv/other.deb',
      );
      const other = device.container.run([
        'apt-get',
        'install',
        '-y',
        '-o',
        'DPkg::Pre-Invoke::=sleep 8',
        '/srv/other.deb',
      ]);
      await device.service('start');
      await device.untilState('waiting');
      expect(JSON.stringify(device.memory().state)).toMatch(/"holder":"apt-get \(\d+\)"/);
      expect(await startsInADay()).toBe(0);
      await other;
      await device.untilState('protected');
      expect(device.installerRuns()).toBe(1);
    });

    test('its script fails half way: one repair in the same attempt', async () => {
      device.misbehave({ half: true, once: true });
      await device.service('start');
      await device.untilState('protected');
      await device.until('the attempt has ended', () => ends().length > 0);
      expect(ends()).toMatchObject([{ result: 'protected' }]);
      expect(device.memory().of('installer-exited')).toMatchObject([
        { run: 1, exitCode: 100 },
        { run: 2, exitCode: 0 },
      ]);
      expect(device.runs().map(({ event }) => event)).toEqual(['installer-run', 'configure', 'configure']);
    });

    test('its script fails half way whenever it runs: one repair, then a person', async () => {
      device.misbehave({ half: true });
      await device.service('start');
      await device.untilState('failed');
      expect(device.memory().state).toMatchObject({ fault: { code: 'install.partial' } });
      await pause(4000);
      expect(device.runs().map(({ event }) => event)).toEqual(['installer-run', 'configure', 'configure']);
    });

    test('it is gone after each install that succeeded: after three it is not tried again', async () => {
      await device.container.writeFile(
        '/etc/apt/apt.conf.d/99undo',
        'DPkg::Post-Invoke { "DPKG_FRONTEND_LOCKED=1 dpkg --purge sentinelagent || true"; };\n',
      );
      await device.service('start');
      await device.until('the loop is broken', () => device.memory().state?.kind === 'failed', 180_000);
      await shell('rm /etc/apt/apt.conf.d/99undo');
      expect(device.memory().state).toMatchObject({ fault: { code: 'install.loop' } });
      expect(device.installerRuns()).toBe(3);
      expect(ends().map(({ fault }) => fault?.code)).toEqual(Array.from({ length: 3 }, () => 'install.not-verified'));
    });
  }
});
