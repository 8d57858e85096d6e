import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildDeb, labDirectory } from '#test/platform/linux/lab.ts';
import { type Container, startContainer } from '#test/worlds/lab/container.ts';

const house = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
/** Where the container sees the tree and the runtime: never below its own /tmp, wherever they are on this machine. */
const seen = { house: '/srv/house', runtime: '/srv/runtime' };
const askScript = `${seen.house}/test/platform/linux/ask.ts`;
const node = `${seen.runtime}/${basename(process.execPath)}`;
const lab = labDirectory();
let container: Container;

async function ask(method: string, ...args: readonly unknown[]): Promise<unknown> {
  return JSON.parse(await container.run([node, askScript, method, JSON.stringify(args)])) as unknown;
}

const read = async (path: string): Promise<string | null> => {
  const result = await container.exec(['cat', path]);
  return result.code === 0 ? result.stdout : null;
};

/** A private attempt directory with a package whose installation takes `seconds`. */
async function attempt(name: string, seconds: number): Promise<string> {
  const directory = `/var/lib/${name}`;
  await container.run(['mkdir', '-p', '-m', '700', directory]);
  const postinst = `#!/bin/sh\nsleep ${seconds}\ntouch ${directory}/configured\n`;
  container.copyIn(buildDeb(lab.path, { name, scripts: { postinst } }), `${directory}/package.deb`, 0o600);
  return directory;
}

beforeAll(async () => {
  const binds = [
    { host: house, guest: seen.house, readOnly: true },
    { host: dirname(process.execPath), guest: seen.runtime, readOnly: true },
  ];
  container = await startContainer({ root: 'deb', name: 'platform-systemd', binds });
});
afterAll(async () => {
  await container.stop();
  lab.remove();
});

describe('G11 an installer outside the agent’s unit', () => {
  it('goes on when the agent is killed, restarted and stopped', async () => {
    const directory = await attempt('survivor', 6);
    const launch = `${node} ${askScript} launchShim '["${directory}"]'; exec sleep 1000`;
    const sandbox = ['-p', 'MemoryMax=200M', '-p', 'TasksMax=30', '-p', 'NoNewPrivileges=yes', '-p', 'PrivateTmp=yes'];
    await container.run(['systemd-run', '--quiet', '--unit=stand-in-agent', ...sandbox, 'sh', '-c', launch]);
    await vi.waitFor(async () => expect(await read(`${directory}/started`)).not.toBeNull(), 20_000);
    await container.run(['systemctl', 'kill', '-s', 'KILL', 'stand-in-agent']);
    await container.exec(['systemctl', 'stop', 'stand-in-agent']);
    expect(await read(`${directory}/configured`)).toBeNull();
    const identity: unknown = JSON.parse((await read(`${directory}/started`)) ?? 'null');
    expect(await ask('isAlive', identity)).toBe(true);
    expect(await ask('installerProcesses')).toMatchObject({ status: 'ok', value: [{ command: 'dpkg' }] });
    const locks = await ask('locks', 'deb');
    expect(locks).toMatchObject({ value: [{ lock: 'dpkg frontend', holder: { command: 'dpkg' } }, { lock: 'dpkg' }] });
    await vi.waitFor(async () => expect(await read(`${directory}/exited`)).toBe('0'), 30_000);
    expect(await ask('isAlive', identity)).toBe(false);
    expect(await ask('packageState', 'deb', ['survivor'])).toMatchObject({ value: { state: 'present' } });
    expect(await read(`${directory}/cgroup`)).toMatch(/garrison-install-[0-9a-f]{16}\.service/);
    expect(await read(`${directory}/cgroup`)).not.toContain('stand-in-agent');
    expect(await read(`${directory}/output`)).toContain('Setting up survivor');
    const environment: unknown = JSON.parse((await read(`${directory}/environment`)) ?? '{}');
    expect(Object.keys(environment ?? {})).not.toContain('OPENSSL_CONF');
  });

  it('is started once for one directory, and leaves no unit behind', async () => {
    const directory = await attempt('once', 3);
    await ask('launchShim', directory);
    await vi.waitFor(async () => expect(await read(`${directory}/started`)).not.toBeNull(), 20_000);
    await ask('launchShim', directory);
    await vi.waitFor(async () => expect(await read(`${directory}/exited`)).toBe('0'), 30_000);
    expect((await read(`${directory}/output`))?.match(/Setting up once/g)).toHaveLength(1);
    await vi.waitFor(async () => {
      const units = await container.run(['systemctl', 'list-units', '--all', '--plain', '--no-legend', 'garrison-*']);
      expect(units.trim()).toBe('');
    }, 10_000);
  });
});

describe('where no systemd runs', () => {
  it('an installer gets a session of its own', async () => {
    const directory = await attempt('sessionless', 4);
    const hide = 'mount -t tmpfs none /run/systemd && exec "$@"';
    const launch = [node, askScript, 'launchShim', JSON.stringify([directory])];
    await container.run(['unshare', '-m', 'sh', '-c', hide, 'sh', ...launch]);
    await vi.waitFor(async () => expect(await read(`${directory}/started`)).not.toBeNull(), 20_000);
    const { pid } = JSON.parse((await read(`${directory}/started`)) ?? '{}') as { pid: number };
    const stat = ((await read(`/proc/${pid}/stat`)) ?? '').split(' ');
    expect(stat[5], 'the installer leads its session').toBe(String(pid));
    await vi.waitFor(async () => expect(await read(`${directory}/exited`)).toBe('0'), 30_000);
  });
});

describe('services of a real systemd', () => {
  const unit = (name: string, lines: string) =>
    container.writeFile(`/etc/systemd/system/${name}.service`, `[Service]\n${lines}\n`, 0o644);

  it('are listed by name and prefix, and started', async () => {
    await unit('av-one', 'ExecStart=/bin/sleep 1000');
    await unit('av-two', 'ExecStart=/bin/false');
    await unit('av-many@', 'ExecStart=/bin/sleep 1000');
    await container.run(['systemctl', 'daemon-reload']);
    await container.run(['systemctl', 'start', 'av-many@x']);
    await container.exec(['systemctl', 'start', 'av-two']);
    expect(await ask('services', ['av-one', 'absent'])).toEqual({
      status: 'ok',
      value: [
        { name: 'av-one', state: 'stopped' },
        { name: 'absent', state: 'absent' },
      ],
    });
    expect(await ask('startService', 'av-one')).toMatchObject({ status: 'ok' });
    expect(await ask('startService', 'absent')).toMatchObject({ status: 'failed' });
    const query = {
      services: ['av-one.service', 'nothere.service', 'av-t*', 'av-many@*'],
      paths: [],
      launchDaemons: [],
    };
    const inventory = (await ask('inventory', query)) as { services: unknown; processes: { value: object[] } };
    await vi.waitFor(async () => {
      const again = (await ask('inventory', query)) as { services: unknown };
      expect(again.services).toEqual({
        status: 'ok',
        value: [
          { name: 'av-one.service', state: 'running', enabled: true, system: true },
          { name: 'av-many@x.service', state: 'running', enabled: true, system: true },
          { name: 'av-two.service', state: 'failed', enabled: true, system: true },
        ],
      });
    }, 10_000);
    expect(inventory.processes.value).toContainEqual(expect.objectContaining({ name: 'sleep', trusted: true }));
  });

  it('are unsupported where systemd does not run, and told as failed where it does not answer', async () => {
    const probe = await container.run([
      'unshare',
      '-m',
      'sh',
      '-c',
      'mount -t tmpfs none /run/systemd && exec "$@"',
      'sh',
      node,
      askScript,
      'services',
      '[["x"]]',
    ]);
    expect(JSON.parse(probe)).toMatchObject({ status: 'unsupported' });
    const silent = 'mount -t tmpfs none /run/systemd && mkdir /run/systemd/system && mount -t tmpfs none /run/dbus';
    const failing = await container.run([
      'unshare',
      '-m',
      'sh',
      '-c',
      `${silent} && exec "$@"`,
      'sh',
      node,
      askScript,
      'services',
      '[["x"]]',
    ]);
    expect(JSON.parse(failing)).toMatchObject({ status: 'failed', code: 'system.unreadable' });
  });
});

describe('a restart with notice', () => {
  it('is handed to logind, is not put over another one, and is taken back', async () => {
    const schedule = '/run/systemd/shutdown/scheduled';
    const before = Date.now();
    expect(await ask('requestReboot', { noticeMs: 600_000, message: 'SentinelOne needs a restart' })).toEqual({
      status: 'ok',
    });
    const scheduled = await read(schedule);
    expect(scheduled).toContain('MODE=reboot');
    expect(scheduled).toContain('WALL_MESSAGE=SentinelOne');
    const atMs = Number(/^USEC=(\d+)$/m.exec(scheduled ?? '')?.[1]) / 1000;
    expect(atMs - before).toBeGreaterThanOrEqual(600_000);
    expect(await ask('requestReboot', { noticeMs: 60_000, message: 'again' })).toMatchObject({
      status: 'failed',
      code: 'reboot.already-scheduled',
    });
    expect(await read(schedule)).toBe(scheduled);
    expect(await ask('cancelReboot')).toEqual({ status: 'ok' });
    expect(await read(schedule)).toBeNull();
  });
});

describe('the machine in a container', () => {
  it('says what it is, and another boot after a restart', async () => {
    const before = (await ask('machine')) as { bootId: string; fingerprint: string };
    expect(before).toMatchObject({ os: 'linux', formats: ['deb'], product: 'server', distribution: { id: 'debian' } });
    expect(before).toMatchObject({ virtualisation: 'systemd-nspawn', imageBased: false });
    await container.writeFile('/etc/machine-id', `${'0123456789abcdef'.repeat(2)}\n`);
    const clone = (await ask('machine')) as { fingerprint: string };
    expect(clone.fingerprint).not.toBe(before.fingerprint);
    expect(await ask('pendingReboot')).toEqual({ status: 'ok', value: false });
    await container.run(['touch', '/run/reboot-required']);
    expect(await ask('pendingReboot')).toEqual({ status: 'ok', value: true });
    await container.reboot();
    const after = (await ask('machine')) as { bootId: string; fingerprint: string };
    expect(after.bootId).not.toBe(before.bootId);
    expect(after.fingerprint).toBe(clone.fingerprint);
    expect(await ask('pendingReboot')).toEqual({ status: 'ok', value: false });
  });
});
