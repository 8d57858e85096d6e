import { describe, expect, it } from 'vitest';
import { restarting } from '#test/worlds/host/restarting.ts';
import { afterRestart, anyHour, asked, dayMs, events, hourMs, minuteMs, start, starts } from '#test/agent/restarts.ts';

describe('an attempt survives the restart that its installer asks for', () => {
  it('3010: the attempt stays open, the machine is waited for, and nothing is run again', async () => {
    const device = start({ scripts: [restarting.there] });
    expect(await device.until('degraded')).toBe(true);
    await device.host.time.run(3 * dayMs);
    expect(device.state).toMatchObject({ kind: 'degraded', problems: [{ kind: 'reboot-needed' }] });
    expect(device.running?.agent.journal.memory.attempt).toMatchObject({ attempt: 1 });
    await afterRestart(device);
    expect(await device.until('protected', 10 * minuteMs)).toBe(true);
    expect([starts(device), asked(device), device.violations()]).toEqual([1, 0, []]);
    expect(events(device, 'agent-started').map(({ reason }) => reason)).toEqual(['start', 'reboot']);
  });

  it('1641: the machine goes down at once, and the attempt is found as it was', async () => {
    const device = start({ scripts: [restarting.goesDown] });
    expect(await device.until('protected', hourMs)).toBe(true);
    expect([device.host.boot, starts(device), device.violations()]).toEqual([2, 1, []]);
  });

  it('a restart in the middle of a run is waited out, and what goes on by itself is joined', async () => {
    const device = start({ scripts: [restarting.midRun] });
    expect(await device.until('protected', hourMs)).toBe(true);
    expect([device.host.boot, starts(device), device.violations()]).toEqual([2, 1, []]);
  });

  it.each(['goesOn', 'goesOnSlowly'] as const)(
    '100: %s after the restart, and is not run a second time',
    async (name) => {
      const device = start({ scripts: [restarting[name]] });
      expect(await device.until('waiting')).toBe(true);
      expect(device.state).toMatchObject({ condition: 'reboot', fault: { code: 'install.reboot-needed' } });
      await device.host.time.run(hourMs);
      await afterRestart(device);
      expect(await device.until('protected', 2 * hourMs)).toBe(true);
      expect([starts(device), device.violations()]).toEqual([1, []]);
    },
  );

  it('a product that is absent after it is installed anew, once the machine is quiet', async () => {
    const device = start({ scripts: [restarting.promised] });
    expect(await device.until('waiting')).toBe(true);
    const { host } = device;
    await afterRestart(device);
    expect(await device.until('protected', 2 * hourMs)).toBe(true);
    expect([starts(device), device.violations()]).toEqual([2, []]);
    expect((host.packageManager.starts[1]?.atMs ?? 0) - host.bootedAtMs).toBeGreaterThanOrEqual(5 * minuteMs);
  });

  it('what it says after the restart counts: left bare, and tried again after another one', async () => {
    const device = start({ scripts: [restarting.goesOnToBare] });
    await device.until('waiting');
    await afterRestart(device);
    expect(await device.until('not-protecting', hourMs)).toBe(true);
    expect(device.state).toMatchObject({ reason: 'bare-after-failed-upgrade' });
    await device.host.time.run(dayMs);
    expect(events(device, 'installer-exited').map(({ exitCode }) => exitCode)).toEqual([100, 2002]);
    expect([starts(device), events(device, 'protection-lost').length]).toEqual([1, 1]);
    await afterRestart(device);
    expect(await device.until('protected', hourMs)).toBe(true);
    expect([starts(device), device.violations()]).toEqual([2, []]);
  });

  it('what it says after the restart counts: another restart, and then the half is repaired', async () => {
    const device = start({ scripts: [restarting.goesOnToAnother] });
    await device.until('waiting');
    await afterRestart(device);
    await device.host.time.run(hourMs);
    expect([starts(device), device.state]).toMatchObject([1, { kind: 'waiting', condition: 'reboot' }]);
    await afterRestart(device);
    expect(await device.until('protected', hourMs)).toBe(true);
    expect([starts(device), device.violations()]).toEqual([2, []]);
  });

  it('the time passes, the boot does not: however the clock jumps, it is still waited for', async () => {
    const device = start({ scripts: [restarting.promised] });
    await device.until('waiting');
    for (const days of [30, -30, 400]) {
      device.host.wallOffsetMs += days * dayMs;
      await device.host.time.run(hourMs);
      device.process?.die();
      await device.host.time.run(hourMs);
    }
    expect(device.state).toMatchObject({ kind: 'waiting', condition: 'reboot' });
    expect([starts(device), device.violations()]).toEqual([1, []]);
  });
});

describe('G17: a restart by the agent', () => {
  it('is announced, noted before it is asked, and finishes the attempt', async () => {
    const device = start({ scripts: [restarting.goesOn], reboots: true });
    await device.host.time.run(hourMs, () => asked(device) === 1);
    expect(device.running?.agent.journal.memory.reboot).toMatchObject({ attempt: 1 });
    await device.host.time.run(1000);
    expect(device.state).toMatchObject({ holder: expect.stringMatching(/^the Garrison agent, at \d\d:\d\d/) });
    expect(await device.until('protected', 2 * hourMs)).toBe(true);
    expect([starts(device), asked(device), device.host.boot, device.violations()]).toEqual([1, 1, 2, []]);
    expect(events(device, 'reboot')).toMatchObject([{ attempt: 1, result: 'scheduled' }]);
  });

  it('and its end are told to the console at once, so that somebody can call it off', async () => {
    const device = start({ scripts: [restarting.promised], reboots: true, ranForMs: 23 * hourMs });
    await device.host.time.run(2 * hourMs, () => asked(device) === 1);
    await device.host.time.run(5_000);
    expect(events(device, 'reboot').map(({ result }) => result)).toEqual(['scheduled']);
    device.console.send(device.command('cancel'));
    await device.host.time.run(10_000);
    expect(events(device, 'reboot').map(({ result }) => result)).toEqual(['scheduled', 'cancelled']);
  });

  it('never comes on a server that has not allowed it itself, and does where it has', async () => {
    const forbidden = start({ scripts: [restarting.goesOn], reboots: true, product: 'server' });
    await forbidden.host.time.run(3 * dayMs);
    expect([asked(forbidden), forbidden.state]).toMatchObject([0, { kind: 'waiting', alarm: true }]);
    const options = { localReboot: 'allowed' } as const;
    const allowed = start({ scripts: [restarting.goesOn], reboots: true, product: 'server', options });
    expect(await allowed.until('protected', 3 * hourMs)).toBe(true);
    expect(asked(allowed)).toBe(1);
  });

  it('never comes where the device itself says never', async () => {
    const device = start({ scripts: [restarting.goesOn], reboots: true, options: { localReboot: 'never' } });
    await device.host.time.run(3 * dayMs);
    expect([asked(device), device.state]).toMatchObject([0, { kind: 'waiting', condition: 'reboot' }]);
  });

  it('does not loop: a machine that comes back without effect restarts once a day at most, and three times at all', async () => {
    const promises = Array.from({ length: 20 }, () => restarting.promised);
    const device = start({ scripts: promises, reboots: true });
    await device.host.time.run(5 * dayMs);
    expect(device.state).toMatchObject({ kind: 'failed', fault: { code: 'install.loop' } });
    expect([asked(device), starts(device), device.violations()]).toEqual([3, 3, []]);
  });

  it('does not loop where every boot restores an old disk', async () => {
    const device = start({ scripts: [], reboots: true });
    device.host.packageManager.always = restarting.promised;
    await device.host.time.run(hourMs, () => asked(device) === 1);
    const { host } = device;
    const frozen = host.snapshot();
    const began = host.time.nowMs;
    const { onBoot } = host;
    host.onBoot = () => {
      host.disk.restore(frozen.disk);
      host.product = { ...frozen.product };
      host.setBackAtBoot = host.boot;
      onBoot();
    };
    await host.time.run(5 * dayMs);
    const days = (host.time.nowMs - began) / dayMs;
    expect(asked(device)).toBeGreaterThan(2);
    expect(asked(device)).toBeLessThanOrEqual(days + 1);
    expect(host.violations.filter((each) => each.includes('restart'))).toEqual([]);
  });

  it('does not come when the journal that knew who asked for it is lost', async () => {
    const device = start({ scripts: [restarting.promised], reboots: true });
    const { host } = device;
    host.packageManager.onStart = () => {
      host.locks = [{ lock: 'dpkg', path: '/l', holder: { pid: 812, command: 'apt-get' } }];
    };
    expect(await device.until('waiting')).toBe(true);
    expect(device.state).toMatchObject({ condition: 'reboot', holder: expect.stringContaining('once apt-get') });
    const journal = host.disk.files().find(({ path }) => path.endsWith('/journal'));
    journal?.file.bytes.fill(0, 0, 400);
    device.process?.die();
    host.packageManager.onStart = () => undefined;
    host.locks = [];
    await host.time.run(2 * dayMs);
    expect(events(device, 'state-lost')).toHaveLength(1);
    expect(asked(device)).toBe(0);
  });

  it('is asked once, whatever came of it', async () => {
    const device = start({ scripts: [restarting.promised], reboots: true });
    device.host.reboots.withoutEffect = true;
    await device.host.time.run(2 * dayMs);
    expect(asked(device)).toBe(1);
    expect(device.state).toMatchObject({ holder: expect.stringContaining('did not come') });
    expect(device.violations()).toEqual([]);
  });

  it('is asked once, also when the agent dies right at it', async () => {
    const device = start({ scripts: [restarting.promised], reboots: true });
    await device.host.time.run(hourMs, () => device.running?.agent.journal.memory.reboot?.phase === 'asked');
    device.process?.die();
    await device.host.time.run(3 * dayMs);
    expect(asked(device)).toBeLessThanOrEqual(1);
    expect(device.violations()).toEqual([]);
  });

  it('a refusal of the system is told and not repeated', async () => {
    const device = start({ scripts: [restarting.promised], reboots: true });
    device.host.reboots.refusal = { status: 'failed', code: 'reboot.already-scheduled', detail: 'one is scheduled' };
    await device.host.time.run(2 * dayMs);
    expect(events(device, 'reboot').map(({ result }) => result)).toEqual(['scheduled', 'failed']);
    expect(device.state).toMatchObject({ kind: 'waiting', holder: expect.stringContaining('somebody else') });
    expect(device.violations()).toEqual([]);
  });

  it('is called off by the command cancel, which is refused when there is none', async () => {
    const device = start({ scripts: [restarting.promised], reboots: true });
    await device.host.time.run(hourMs, () => asked(device) === 1);
    device.console.send(device.command('cancel'));
    await device.host.time.run(hourMs);
    expect(device.host.reboots.asked.map(({ outcome }) => outcome)).toEqual(['cancelled']);
    device.console.send(device.command('cancel'));
    await device.host.time.run(hourMs);
    expect(events(device, 'command-executed').map(({ result }) => result)).toEqual(['done', 'refused']);
    expect(device.state).toMatchObject({ kind: 'waiting', holder: expect.stringContaining('called off') });
    expect([device.host.boot, device.violations()]).toEqual([1, []]);
  });

  it('is called off when everything is paused during the notice', async () => {
    const device = start({ scripts: [restarting.promised], reboots: true });
    await device.host.time.run(hourMs, () => asked(device) === 1);
    device.assign({ mode: 'paused', reboot: anyHour });
    await device.host.time.run(hourMs);
    expect(device.host.reboots.asked.map(({ outcome }) => outcome)).toEqual(['cancelled']);
    expect(device.host.boot).toBe(1);
    expect(events(device, 'reboot').map(({ result }) => result)).toEqual(['scheduled', 'cancelled']);
    expect(device.violations()).toEqual([]);
  });
});
