import { describe, expect, it } from 'vitest';
import { signEnvelope, type Envelope } from '#protocol/envelope.ts';
import type { Assignment } from '#protocol/assignment.ts';
import { siteToken, tokenFor, keys, siteKey, vendorHost } from '#test/worlds/host/console.ts';
import { Device } from '#test/worlds/host/device.ts';
import { scripts } from '#test/worlds/host/installer.ts';

const minuteMs = 60_000;

async function watching(): Promise<Device> {
  const device = new Device();
  device.assignsOnEnrolment({ mode: 'watch' });
  device.start();
  expect(await device.until('paused')).toBe(true);
  await device.host.time.run(10_000);
  return device;
}

const codesOf = (device: Device, kind: string): unknown[] =>
  device.console
    .events()
    .flatMap((event) => (event.kind === kind ? [(event.data['fault'] as { code: string }).code] : []));
const kinds = (device: Device, kind: string): readonly Record<string, unknown>[] =>
  device.console.events().flatMap((event) => (event.kind === kind ? [event.data] : []));

describe('an assignment is refused and nothing installed when it is', () => {
  const cases: readonly {
    readonly name: string;
    readonly code: string;
    readonly make: (device: Device) => Envelope;
  }[] = [
    {
      name: 'signed by somebody else',
      code: 'assignment.untrusted',
      make: (device) => signEnvelope('assignment', device.assignment(), [keys.foreign]),
    },
    {
      name: 'signed as something else',
      code: 'assignment.untrusted',
      make: (device) => signEnvelope('command', device.assignment(), [keys.signing]),
    },
    {
      name: 'no assignment',
      code: 'assignment.untrusted',
      make: () => signEnvelope('assignment', { mode: 'deploy' }, [keys.signing]),
    },
    {
      name: 'for another device',
      code: 'assignment.foreign',
      make: (device) => signEnvelope('assignment', device.assignment({ deviceId: 'device-9' }), [keys.signing]),
    },
    {
      name: 'of another console',
      code: 'assignment.foreign',
      make: (device) => signEnvelope('assignment', device.assignment({ consoleId: 'console-9' }), [keys.signing]),
    },
    {
      name: 'expired',
      code: 'assignment.expired',
      make: (device) =>
        signEnvelope('assignment', device.assignment({ expiresAt: device.console.iso(-1) }), [keys.signing]),
    },
    {
      name: 'older by its number',
      code: 'assignment.older',
      make: (device) => signEnvelope('assignment', device.assignment({ number: 5 }), [keys.signing]),
    },
    {
      name: 'older by its epoch',
      code: 'assignment.older',
      make: (device) => signEnvelope('assignment', device.assignment({ epoch: 0 }), [keys.signing]),
    },
    {
      name: 'numbered years ahead',
      code: 'assignment.implausible',
      make: (device) =>
        signEnvelope('assignment', device.assignment({ number: device.console.nowMs() + 400 * 86_400_000 }), [
          keys.signing,
        ]),
    },
    {
      name: 'valid for a year',
      code: 'assignment.implausible',
      make: (device) =>
        signEnvelope('assignment', device.assignment({ expiresAt: device.console.iso(365 * 86_400_000) }), [
          keys.signing,
        ]),
    },
    {
      name: 'asking for what we cannot',
      code: 'assignment.unsupported',
      make: (device) => signEnvelope('assignment', device.assignment({ requires: ['magic-1'] }), [keys.signing]),
    },
  ];

  it.each(cases)('$name', async ({ code, make }) => {
    const device = await watching();
    const followed = device.running?.agent.current.assignment?.assignment.number;
    device.console.offer(make(device), 1);
    await device.host.time.run(30 * minuteMs);
    expect(codesOf(device, 'assignment-refused')).toEqual([code]);
    expect(device.running?.agent.current.assignment?.assignment.number).toBe(followed);
    expect(device.host.packageManager.starts).toEqual([]);
    expect(device.violations()).toEqual([]);
  });

  it('a replay of one that was followed before, also after a restart', async () => {
    const device = await watching();
    const replay = signEnvelope('assignment', device.assign({ mode: 'deploy', site: null }), [keys.signing]);
    await device.until('unassigned');
    device.assign({ mode: 'watch' });
    await device.until('paused');
    device.process?.die();
    await device.host.time.run(minuteMs);
    device.console.offer(replay, 2);
    await device.host.time.run(10 * minuteMs);
    expect(codesOf(device, 'assignment-refused')).toEqual(['assignment.older']);
    expect(device.state?.kind).toBe('paused');
  });
});

describe('a command is refused and does nothing when it is', () => {
  const cases: readonly {
    readonly name: string;
    readonly code: string;
    readonly make: (device: Device) => Envelope;
  }[] = [
    {
      name: 'signed by somebody else',
      code: 'command.untrusted',
      make: (device) => ({
        ...device.command('retry'),
        signatures: signEnvelope('command', {}, [keys.foreign]).signatures,
      }),
    },
    { name: 'no known verb', code: 'command.untrusted', make: (device) => device.command('retry', { verb: 'format' }) },
    {
      name: 'for another device',
      code: 'command.foreign',
      make: (device) => device.command('retry', { deviceId: 'device-9' }),
    },
    {
      name: 'of another console',
      code: 'command.foreign',
      make: (device) => device.command('retry', { consoleId: 'console-9' }),
    },
    {
      name: 'expired',
      code: 'command.expired',
      make: (device) => device.command('retry', { expiresAt: device.console.iso(-1) }),
    },
    {
      name: 'valid for a year',
      code: 'command.untrusted',
      make: (device) => device.command('retry', { expiresAt: device.console.iso(365 * 86_400_000) }),
    },
  ];

  it.each(cases)('$name', async ({ code, make }) => {
    const device = await watching();
    device.console.send(make(device));
    await device.host.time.run(10 * minuteMs);
    expect(codesOf(device, 'command-refused')).toEqual([code]);
    expect(kinds(device, 'retry-requested')).toEqual([]);
    expect(device.violations()).toEqual([]);
  });

  it.each(['cancel', 'update-self'] as const)('%s, which this version cannot', async (verb) => {
    const device = await watching();
    device.console.send(device.command(verb));
    await device.host.time.run(10 * minuteMs);
    expect(kinds(device, 'command-executed')).toMatchObject([
      { verb, result: 'refused', fault: { code: 'command.unsupported' } },
    ]);
  });

  it('sent twice: it is carried out once', async () => {
    const device = await watching();
    const command = device.command('retry');
    device.console.send(command);
    device.console.send(command);
    await device.host.time.run(10 * minuteMs);
    device.console.send(command);
    await device.host.time.run(10 * minuteMs);
    expect(kinds(device, 'retry-requested')).toHaveLength(1);
    expect(kinds(device, 'command-executed')).toHaveLength(1);
  });
});

describe('Retry', () => {
  it('is carried out exactly once, wherever the agent dies meanwhile', { timeout: 120_000 }, async () => {
    for (let at = 1; at <= 30; at += 1) {
      const device = await watching();
      const process = device.process;
      if (process === null) throw new Error('no agent');
      device.console.send(device.command('retry'));
      process.crashAt = process.effects.length + at;
      await device.host.time.run(10 * minuteMs);
      expect([at, kinds(device, 'retry-requested').length, kinds(device, 'command-executed').length]).toEqual([
        at,
        1,
        1,
      ]);
      expect(device.running?.agent.journal.memory.raisedUntilMs).toBeGreaterThan(0);
      expect(device.violations()).toEqual([]);
    }
  });

  it('joins an attempt that is under way', async () => {
    const device = new Device();
    device.host.packageManager.coming.push(scripts.slow);
    device.assignsOnEnrolment();
    device.start();
    await device.host.time.run(5 * minuteMs);
    device.console.send(device.command('retry'));
    await device.host.time.run(minuteMs);
    expect(kinds(device, 'command-executed')).toMatchObject([{ result: 'joined' }]);
    expect(await device.until('protected')).toBe(true);
    expect(device.host.packageManager.starts).toHaveLength(1);
  });

  it('starts again what only a person could, and resets what was counted', async () => {
    const device = new Device();
    device.host.packageManager.always = scripts.fails102;
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('failed')).toBe(true);
    expect(device.state).toMatchObject({ fault: { code: 'install.leftovers' } });
    await device.host.time.run(86_400_000);
    expect(device.host.packageManager.starts).toHaveLength(1);
    device.host.packageManager.always = scripts.works;
    device.console.send(device.command('retry'));
    expect(await device.until('protected')).toBe(true);
    expect(kinds(device, 'attempt-started').at(-1)).toMatchObject({ trigger: 'retry' });
    expect(device.running?.agent.journal.memory).toMatchObject({ faultCounts: {}, unverified: {}, pause: null });
  });

  it('never gives more than 24 starts a day, however often it is pressed', async () => {
    const device = new Device();
    device.host.packageManager.always = scripts.fails101;
    device.assignsOnEnrolment();
    device.start();
    await device.host.time.run(minuteMs);
    for (let press = 0; press < 60; press += 1) {
      device.console.send(device.command('retry'));
      await device.host.time.run(10 * minuteMs);
    }
    expect(device.host.packageManager.starts).toHaveLength(24);
    expect(device.state).toMatchObject({ kind: 'retrying', attemptsMax: 24 });
  });
});

describe('what comes before an install', () => {
  const installing = (changes: Partial<Assignment> = {}): Device => {
    const device = new Device();
    device.assignsOnEnrolment(changes);
    return device;
  };

  it('another assignment: the attempt is superseded and nothing was started', async () => {
    const device = installing();
    device.host.shims.push({ lost: true });
    device.console.token = siteToken;
    device.console.cuts = [1000];
    device.start();
    await device.until('installing');
    device.assign({ mode: 'paused' });
    await device.host.time.run(10 * minuteMs);
    expect(device.state).toMatchObject({ kind: 'paused' });
    expect(device.host.packageManager.starts).toEqual([]);
  });

  it('a held lock: it waits, names the holder, spends no start, and goes on by itself', async () => {
    const device = installing();
    device.host.locks = [
      { lock: 'dpkg frontend', path: '/var/lib/dpkg/lock-frontend', holder: { pid: 812, command: 'unattended-upgr' } },
    ];
    device.start();
    expect(await device.until('waiting')).toBe(true);
    expect(device.state).toMatchObject({ condition: 'package-manager-free', holder: 'unattended-upgr (812)' });
    await device.host.time.run(3 * 3_600_000);
    expect(device.state?.kind).toBe('waiting');
    expect(device.running?.agent.journal.memory.installerStartsMs).toEqual([]);
    device.host.locks = [];
    expect(await device.until('protected', 5 * minuteMs)).toBe(true);
  });

  it('another antivirus: it is blocked, names it, and goes on when it is gone', async () => {
    const device = installing();
    device.host.packages = [
      { format: 'deb', name: 'sophos-av', version: '9', state: 'installed' },
      { format: 'deb', name: 'esets', version: '4', state: 'installed' },
      { format: 'deb', name: 'clamav-daemon', version: '1', state: 'installed' },
    ];
    device.start();
    expect(await device.until('blocked')).toBe(true);
    await device.host.time.run(24 * 3_600_000);
    expect(device.host.packageManager.starts).toEqual([]);
    device.host.packages = [];
    expect(await device.until('protected', 10 * minuteMs)).toBe(true);
  });

  it('an interrupted download: it goes on where it stopped', async () => {
    const device = installing();
    device.console.cuts = [2000];
    device.start();
    expect(await device.until('protected')).toBe(true);
    await device.host.time.run(minuteMs);
    expect(kinds(device, 'attempt-ended')).toMatchObject([
      { result: 'failed', fault: { code: 'download.interrupted' } },
      { result: 'protected' },
    ]);
    expect(kinds(device, 'package-refused')).toEqual([]);
    expect(device.console.downloads).toEqual([0, 2000]);
  });

  it('a changed package: it is refused, removed and fetched afresh', async () => {
    const device = installing();
    device.console.altered = 1;
    device.start();
    expect(await device.until('retrying')).toBe(true);
    expect(device.stored().filter(({ path }) => path.endsWith('.deb'))).toEqual([]);
    expect(await device.until('protected')).toBe(true);
    expect(codesOf(device, 'package-refused')).toEqual(['download.digest-mismatch']);
    expect(device.console.downloads).toEqual([0, 0]);
  });

  it.each([
    {
      name: 'a tenant the owner did not allow',
      token: tokenFor('evil.sentinelone.net', siteKey),
      code: 'token.tenant-not-pinned',
    },
    {
      name: 'a host that is no vendor console',
      token: tokenFor('example.com', siteKey),
      code: 'token.tenant-not-pinned',
    },
    { name: 'another site', token: tokenFor(vendorHost, 'ffffffffffffffff'), code: 'token.site-mismatch' },
    { name: 'no token', token: 'hello"; rm -rf /', code: 'token.malformed' },
  ])('a site token of $name is refused and nothing is started (G1)', async ({ token, code }) => {
    const device = installing();
    device.console.token = token;
    device.start();
    expect(await device.until('failed')).toBe(true);
    expect(device.state).toMatchObject({ fault: { code } });
    await device.host.time.run(3_600_000);
    expect(device.host.packageManager.starts).toEqual([]);
    expect(device.stored().filter(({ text }) => text.includes(token))).toEqual([]);
    expect(device.violations()).toEqual([]);
  });
});

describe('what comes of an installer', () => {
  const after = async (script: keyof typeof scripts, forMs: number): Promise<Device> => {
    const device = new Device();
    device.host.packageManager.always = scripts[script];
    device.assignsOnEnrolment();
    device.start();
    await device.host.time.run(forMs);
    expect(device.violations()).toEqual([]);
    return device;
  };

  it.each([
    { script: 'fails101', code: 'install.scriptlet-failed', starts: 2 },
    { script: 'fails102', code: 'install.leftovers', starts: 1 },
    { script: 'fails103', code: 'install.unsupported-system', starts: 1 },
    { script: 'unknownCode', code: 'install.unknown-exit', starts: 2 },
    { script: 'crashes', code: 'install.crashed', starts: 2 },
    { script: 'nothing', code: 'install.loop', starts: 3 },
  ] as const)('$script ends as $code after $starts starts', async ({ script, code, starts }) => {
    const device = await after(script, 20 * 3_600_000);
    expect(device.state).toMatchObject({ kind: 'failed', fault: { code } });
    expect(device.host.packageManager.starts).toHaveLength(starts);
  });

  it('one that leaves the product stopped: it is started once, and protected', async () => {
    const device = await after('leftStopped', 10 * minuteMs);
    expect(device.state).toMatchObject({ kind: 'protected' });
    const steps = device.console
      .events()
      .filter((event) => event.kind === 'attempt-step' && event.data['step'] === 'register');
    expect(steps.map((event) => event.data['result'])).toEqual(['started', 'ok']);
    expect(device.host.packageManager.starts).toHaveLength(1);
  });

  it('one that hangs is left running, reported as overdue, and nothing else is started', async () => {
    const device = await after('hangs', 24 * 3_600_000);
    expect(device.state).toMatchObject({
      kind: 'waiting',
      condition: 'installer-settled',
      fault: { code: 'install.overdue' },
    });
    expect(device.host.packageManager.starts).toHaveLength(1);
    expect(device.host.packageManager.running()).toHaveLength(1);
  });

  it('one that takes 45 minutes is waited for', async () => {
    const device = await after('slow', 47 * minuteMs);
    expect(device.state?.kind).toBe('protected');
    expect(device.host.packageManager.starts).toHaveLength(1);
  });

  it('one whose product never reports is installed and not protecting', async () => {
    const device = await after('neverConnects', 3_600_000);
    expect(device.state).toMatchObject({ kind: 'not-protecting', reason: 'not-registered' });
    expect(device.host.packageManager.starts).toHaveLength(1);
  });

  it('a shim that comes too late finds the claim taken and starts nothing', async () => {
    const device = new Device();
    device.host.shims.push({ delayMs: 10 * minuteMs });
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('protected')).toBe(true);
    await device.host.time.run(20 * minuteMs);
    expect(device.host.packageManager.starts).toHaveLength(1);
    expect(device.violations()).toEqual([]);
  });
});

describe('a copied machine', () => {
  it('leaves the identity to the original and enrols as a new device', async () => {
    const original = new Device();
    original.assignsOnEnrolment();
    original.start();
    await original.until('protected');
    const copy = new Device({
      time: original.host.time,
      console: original.console,
      fingerprint: 'b'.repeat(64),
      seed: 2,
    });
    copy.host.rollBack(original.host.snapshot());
    await copy.host.time.run(10 * minuteMs, () => copy.console.devices.size === 2);
    await copy.host.time.run(10 * minuteMs);
    expect([...copy.console.devices.keys()]).toEqual(['device-1', 'device-2']);
    const copied = copy.console.devices.get('device-2');
    expect(copied?.report?.state.kind).toBe('protected');
    const told = copied === undefined ? [] : copy.console.events(copied);
    expect(told.length).toBeGreaterThan(0);
    expect(told.map((event) => event.kind)).not.toContain('attempt-started');
    expect(copy.violations()).toEqual([]);
    expect(original.violations()).toEqual([]);
  });
});
