/** G18: diagnostics of a device in memory, made on it and by command: what is in it, what never is, how often, for whom. */
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sections } from '#agent/diagnose/sections.ts';
import { limits } from '#protocol/limits.ts';
import { enrolmentString, siteKey, siteToken } from '#test/worlds/host/console.ts';
import { Device, type DeviceOptions } from '#test/worlds/host/device.ts';
import { macDevice } from '#test/worlds/macos/device.ts';

const hourMs = 3_600_000;

async function protectedDevice(options: DeviceOptions = {}): Promise<Device> {
  const device = new Device(options);
  device.assignsOnEnrolment();
  device.start();
  expect(await device.until('protected')).toBe(true);
  return device;
}

/** Of our own archives only: names and contents. */
function unpack(archive: Uint8Array): ReadonlyMap<string, string> {
  const bytes = gunzipSync(archive);
  const files = new Map<string, string>();
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const name = bytes.toString('latin1', at, bytes.indexOf(0, at));
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8);
    files.set(name, bytes.toString('utf8', at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

async function diagnosed(device: Device): Promise<ReadonlyMap<string, string>> {
  const before = new Set(device.console.diagnostics.keys());
  device.console.send(device.command('diagnose'));
  const arrived = () => [...device.console.diagnostics].find(([id]) => !before.has(id));
  await device.host.time.run(10 * 60_000, () => arrived() !== undefined);
  return unpack(arrived()?.[1] ?? new Uint8Array());
}

const results = (device: Device) =>
  device.console
    .events()
    .filter(({ kind, data }) => kind === 'command-executed' && data['verb'] === 'diagnose')
    .map(({ data }) => [data['result'], (data['fault'] as { code: string } | null)?.code ?? null]);

/** Every secret that lies on the device or passed through it. */
function secretsOf(device: Device): readonly string[] {
  const text = device.stored().find(({ path }) => path.endsWith('identity.json'))?.text ?? '{}';
  type Pair = { readonly privateKey: string };
  const identity = JSON.parse(text) as { signing: Pair; sealing: Pair; enrolmentKey: { secret: string } };
  const { signing, sealing, enrolmentKey } = identity;
  return [siteToken, siteKey, enrolmentString, enrolmentKey.secret, signing.privateKey, sealing.privateKey];
}

describe('G18: by command', () => {
  it('arrives sealed, holds the closed list, and is told in the timeline', async () => {
    const device = await protectedDevice();
    const files = await diagnosed(device);
    expect([...files.keys()]).toEqual(['README.txt', ...sections.map(({ name }) => name)]);
    await device.host.time.run(5_000);
    expect(results(device)).toEqual([['done', null]]);
    const made = device.console.events().find(({ kind }) => kind === 'diagnostics-made');
    expect(made?.data).toMatchObject({ by: 'console', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(JSON.parse(files.get('plan.json') ?? '')).toMatchObject({ state: { kind: 'protected' } });
    expect(JSON.parse(files.get('connectivity.json') ?? '')).toMatchObject({
      console: [{ host: 'console.test' }],
      sentinelOne: [{ host: 'usea1.sentinelone.net', tls: 'ok' }],
    });
    expect(files.get('timeline.ndjson')).toContain('attempt-ended');
    expect(device.violations()).toEqual([]);
  });

  it('no secret of this device is in it, whatever was written where', async () => {
    const device = await protectedDevice();
    const { agent } = device.running ?? {};
    const utf16 = Buffer.from(`-t ${siteToken} -q`, 'utf16le');
    await agent?.journal.write({
      event: 'installer-exited',
      data: {
        attempt: 1,
        run: 1,
        exitCode: 1,
        signal: null,
        meaning: `token ${encodeURIComponent(siteToken)}`,
        durationMs: 1,
        output: `PowerShell -EncodedCommand ${utf16.toString('base64')}\nsite_key: ${siteKey}`,
      },
    });
    const text = [...(await diagnosed(device)).values()].join('\n');
    for (const secret of secretsOf(device)) expect(text.includes(secret), secret.slice(0, 8)).toBe(false);
    expect(text).not.toContain(utf16.toString('base64'));
    expect(text).not.toContain(encodeURIComponent(siteToken));
    expect(text).not.toContain(device.host.fingerprint);
  });

  it('the password of a proxy is not in it', async () => {
    const device = await protectedDevice({ proxy: 'http://garrison:p%40ssw0rd-of-proxy@proxy.test:3128' });
    device.running?.agent.log.warn('proxy', { said: 'garrison:p@ssw0rd-of-proxy', url: 'p%40ssw0rd-of-proxy' });
    const text = [...(await diagnosed(device)).values()].join('\n');
    expect(text).not.toMatch(/ssw0rd-of-proxy/);
    expect(text).toContain('http://proxy.test:3128 (with a user)');
  });

  it('once an hour; a second one says when the last was made', async () => {
    const device = await protectedDevice();
    expect((await diagnosed(device)).size).toBeGreaterThan(1);
    device.console.send(device.command('diagnose'));
    await device.host.time.run(60_000);
    expect(results(device)).toEqual([
      ['done', null],
      ['refused', 'diagnostics.too-soon'],
    ]);
    device.process?.die();
    await device.host.time.run(30_000);
    device.console.send(device.command('diagnose'));
    await device.host.time.run(60_000);
    expect(results(device).at(-1)).toEqual(['refused', 'diagnostics.too-soon']);
    await device.host.time.run(hourMs);
    expect((await diagnosed(device)).size).toBeGreaterThan(1);
  });

  it('not where the device says no; there root may make one', async () => {
    const device = await protectedDevice({ diagnostics: 'local' });
    device.console.send(device.command('diagnose'));
    await device.host.time.run(60_000);
    expect(results(device)).toEqual([['refused', 'diagnostics.not-allowed']]);
    expect(device.console.diagnostics.size).toBe(0);
    await expect(make(device)).resolves.toMatchObject({ sha256: expect.any(String) });
  });

  it('never stops the loop, commands or check-ins; a console that is away gets none, and is told so', async () => {
    const device = await protectedDevice();
    device.console.refusesDiagnostics = true;
    device.console.send(device.command('diagnose'));
    device.console.send(device.command('check'));
    await device.host.time.run(10 * 60_000);
    const executed = device.console.events().filter(({ kind }) => kind === 'command-executed');
    expect(executed.map(({ data }) => [data['verb'], data['result']])).toEqual([
      ['check', 'done'],
      ['diagnose', 'refused'],
    ]);
  });

  it('is carried out once, however often it is sent', async () => {
    const device = await protectedDevice();
    const command = device.command('diagnose');
    device.console.send(command);
    device.console.send(command);
    await device.host.time.run(2 * hourMs);
    expect(device.console.diagnostics.size).toBe(1);
  });
});

describe('G18: on the device', () => {
  it('lies in a private place, in the state directory; the newest three are kept', async () => {
    const device = await protectedDevice();
    for (let time = 0; time < 5; time += 1) {
      await make(device);
      await device.host.time.run(hourMs + 60_000);
    }
    const kept = device.stored().filter(({ path }) => path.includes('/diagnostics/') && path.endsWith('.tar.gz'));
    expect(kept).toHaveLength(3);
    expect(device.violations()).toEqual([]);
  });

  it('two at once are one', async () => {
    const device = await protectedDevice();
    const [one, two] = await Promise.all([make(device), make(device)]);
    expect(one.sha256).toBe(two.sha256);
  });

  it('a section that cannot be made says why, and the others are there', async () => {
    const device = await protectedDevice();
    device.host.vendorHost = { dns: 'failed', tls: 'failed', clockOffsetMs: null, detail: 'ENOTFOUND' };
    const broken = device.running?.agent.platform as { uptimeMs: () => Promise<number> } | undefined;
    if (broken !== undefined) broken.uptimeMs = () => Promise.reject(new Error('no uptime'));
    const { bytes } = await make(device);
    const files = unpack(bytes);
    expect(files.get('about.json')).toBe('could not be made: agent.defect: Error: no uptime\n');
    expect(files.get('connectivity.json')).toContain('ENOTFOUND');
  });

  it('is made also when the memory on the disk takes no more records', async () => {
    const device = await protectedDevice();
    const journal = device.running?.agent.journal;
    if (journal !== undefined) journal.write = () => Promise.reject(new Error('the disk is gone'));
    expect(unpack((await make(device)).bytes).size).toBe(sections.length + 1);
  });

  it('stays below its size, whatever there is to tell', async () => {
    const device = await protectedDevice();
    const noise = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(45_000))).toString('base64url');
    for (let count = 0; count < 60; count += 1) {
      await device.running?.agent.journal.write({
        event: 'installer-exited',
        data: {
          attempt: 1,
          run: 1,
          exitCode: 1,
          signal: null,
          meaning: 'x',
          durationMs: 1,
          output:
            noise()
              .match(/.{1,70}/g)
              ?.join('\n') ?? '',
        },
      });
    }
    const { bytes } = await make(device);
    expect(bytes.length).toBeLessThan(limits.diagnosticsBytesMax);
    expect(bytes.length).toBeGreaterThan(256 * 1024);
  });

  it('the same on a Mac', async () => {
    const { device } = macDevice();
    device.assignsOnEnrolment();
    device.start();
    expect(await device.until('protected')).toBe(true);
    const { path, bytes } = await make(device);
    expect(path).toMatch(/^\/Library\/Garrison\/State\/diagnostics\/garrison-diagnostics-/);
    expect(unpack(bytes).size).toBe(sections.length + 1);
  });
});

async function make(device: Device) {
  const { running, host } = device;
  if (running === null) throw new Error('the agent does not run');
  let ended = false;
  const work = running.diagnostics.make({ by: 'local' }).finally(() => (ended = true));
  work.catch(() => undefined);
  await host.time.run(10 * 60_000, () => ended);
  return work;
}
