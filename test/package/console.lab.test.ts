/** The console's package on a real system: what dpkg, apt and systemd make of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { packageConsole } from '../../scripts/package/console.ts';
import { launcher } from '../../scripts/package/console-unit.ts';
import { type Container, startContainer } from '#test/worlds/lab/container.ts';

const service = 'garrison-console.service';
const state = '/var/lib/garrison-console';
const newer = '0.9.9';
/** The container shares this machine's network, so not the usual ports. */
const ports = { devices: 18_440, operators: 18_441 };
const page = `https://127.0.0.1:${ports.operators}`;

test('its command is a shell script without a finding', () => {
  const { stdout, status } = spawnSync('shellcheck', ['--shell=sh', '-'], { input: launcher, encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});

describe('the console as a deb', () => {
  let container: Container;

  const property = async (name: string): Promise<string> =>
    (await container.run(['systemctl', 'show', '-p', name, '--value', service])).trim();
  const get = (path: string) => container.run(['curl', '-sSk', '-w', '\n%{http_code}', `${page}${path}`]);
  const isReady = () =>
    vi.waitFor(async () => expect((await get('/readyz')).trim().split('\n').at(-1)).toBe('200'), 20_000);
  const consoleIs = async (): Promise<unknown> => (await container.run(['garrison-console', 'status'])).trim();

  beforeAll(async () => {
    container = await startContainer({ root: 'deb', name: 'package-console' });
    container.copyIn(await packageConsole({ compress: false, version: '0.9.8' }), '/root/first.deb', 0o600);
    container.copyIn(await packageConsole({ compress: false, version: newer }), '/root/second.deb', 0o600);
  });
  afterAll(() => container.stop());

  test('installs on a bare machine with a Node of its own, and waits for its set-up', async () => {
    await container.run(['apt-get', 'install', '-y', '-q', '/root/first.deb'], { timeoutMs: 60_000 });
    expect((await container.run(['garrison-console', '--version'])).trim()).toBe('0.9.8');
    expect(await property('ActiveState')).toBe('inactive');
    expect(await property('UnitFileState')).toBe('enabled');
    expect((await container.run(['systemctl', '--failed', '--plain', '--no-legend'])).includes('garrison')).toBe(false);
  });

  test('every file belongs to root, and nobody else can write on the way to it', async () => {
    const listed = (await container.run(['dpkg-query', '-L', 'garrison-console'])).split('\n');
    const paths = new Set(listed.filter((path) => path.startsWith('/') && path !== '/.'));
    expect(paths).toContain('/usr/lib/garrison-console/program/install.ps1');
    expect(paths).toContain('/usr/share/doc/garrison-console/copyright');
    const licenses = await container.readFile('/usr/share/doc/garrison-console/copyright');
    for (const part of ['Apache License', '\nfastify 5', '\nreact 1', '\n@mantine/core ', 'Node.js 24', 'OpenSSL'])
      expect(licenses).toContain(part);
    const told = (await container.run(['stat', '-c', '%n %u %a', ...paths])).trim().split('\n');
    expect(told).toHaveLength(paths.size);
    for (const line of told) {
      const [path, owner, mode = ''] = line.split(' ');
      expect({ path, owner, writable: Number.parseInt(mode, 8) & 0o022 }).toEqual({ path, owner: '0', writable: 0 });
    }
  });

  test('set up by root, it keeps its state as its own user, for nobody else to read', async () => {
    await container.writeFile(
      '/etc/garrison-console/settings.json',
      JSON.stringify({
        devices: { host: '127.0.0.1', port: ports.devices },
        operators: { host: '127.0.0.1', port: ports.operators },
        operatorUrl: page,
      }),
    );
    await container.run(['chmod', '644', '/etc/garrison-console/settings.json']);
    const init = ['garrison-console', 'init', '--public-url', `https://127.0.0.1:${ports.devices}`, '--json'];
    const told = JSON.parse(await container.run(init)) as { ownerKey: string };
    expect(told.ownerKey).toMatch(/^garrison-owner-key\./);
    const found = await container.run(['find', state, '-printf', '%u %m %P\n']);
    expect(found).toMatch(/^garrison-console 700 $/m);
    expect(found).toMatch(/^garrison-console 600 keys\/console\.key$/m);
    expect(
      found
        .trim()
        .split('\n')
        .filter((line) => !/^garrison-console [67]00 /.test(line)),
    ).toEqual([]);
    const stranger = ['setpriv', '--reuid=65534', '--clear-groups', 'garrison-console', 'status'];
    expect(await container.exec(stranger)).toMatchObject({ code: 77 });
  });

  test('serves the page over its own TLS, without a capability and walled in', async () => {
    await container.run(['systemctl', 'start', service]);
    await isReady();
    expect(await get('/')).toMatch(/<div id="root">[^]*\n200$/);
    const status = await container.run(['cat', `/proc/${await property('MainPID')}/status`]);
    expect(status).toMatch(/^CapBnd:\s+0+$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    expect(await property('User')).toBe('garrison-console');
    const judged = await container.run(['systemd-analyze', 'security', '--no-pager', service]);
    const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(judged)?.[1]);
    expect(exposure).toBeGreaterThan(0);
    expect(exposure).toBeLessThan(2);
  });

  test('a restart keeps the data, and it comes back after SIGKILL', async () => {
    const before = await consoleIs();
    await container.run(['systemctl', 'restart', service]);
    await isReady();
    expect(await consoleIs()).toBe(before);
    const pid = await property('MainPID');
    await container.run(['systemctl', 'kill', '-s', 'KILL', '--kill-who=main', service]);
    await vi.waitFor(async () => {
      expect(await property('ActiveState')).toBe('active');
      expect(await property('MainPID')).not.toBe(pid);
    }, 20_000);
    await isReady();
  });

  test('takes its key from the service manager where one is handed over', async () => {
    await container.run(['install', '-d', '-m', '700', '/etc/credstore']);
    await container.run(['mv', `${state}/keys/console.key`, '/etc/credstore/garrison-console-key']);
    await container.run(['chown', 'root:root', '/etc/credstore/garrison-console-key']);
    await container.run(['systemctl', 'restart', service]);
    await isReady();
    await container.run(['garrison-console', 'audit', 'verify']);
    await container.run(['mv', '/etc/credstore/garrison-console-key', `${state}/keys/console.key`]);
    await container.run(['chown', 'garrison-console:', `${state}/keys/console.key`]);
    await container.run(['systemctl', 'restart', service]);
    await isReady();
  });

  // systemd 254 and newer: a tmpfs with an access list. Debian 12 has a ramfs, where the service owns the file.
  test('takes a credential whose access list shows as the right of a group, and no key that others may read', async () => {
    const [copy, key] = ['/root/copy', '/root/key'];
    await container.run(['cp', '-a', state, copy]);
    await container.run(['install', '-m', '440', `${copy}/keys/console.key`, key]);
    const direct = ['/usr/lib/garrison-console/node', '/usr/lib/garrison-console/program/main.mjs', 'audit', 'verify'];
    const verify = () =>
      container.exec(['env', `GARRISON_CONSOLE_DATA=${copy}`, `GARRISON_CONSOLE_KEY_FILE=${key}`, ...direct]);
    expect(await verify()).toMatchObject({ code: 0 });
    for (const mode of ['444', '640']) {
      await container.run(['chmod', mode, key]);
      const refused = await verify();
      expect(refused.stderr).toContain('must have mode 0600');
      expect(refused.code).toBe(1);
    }
  });

  test('an upgrade keeps the state and runs the new program', async () => {
    const before = await consoleIs();
    const pid = await property('MainPID');
    await container.run(['apt-get', 'install', '-y', '-q', '/root/second.deb'], { timeoutMs: 60_000 });
    expect(await property('MainPID')).not.toBe(pid);
    await isReady();
    expect((await container.run(['garrison-console', '--version'])).trim()).toBe(newer);
    expect(await consoleIs()).toBe(before);
  });

  test('removed, it leaves its state; purged, nothing', async () => {
    await container.run(['apt-get', 'remove', '-y', '-q', 'garrison-console'], { timeoutMs: 60_000 });
    expect((await container.exec(['systemctl', 'is-active', service])).stdout.trim()).not.toBe('active');
    for (const path of ['/usr/lib/garrison-console', '/usr/sbin/garrison-console'])
      expect(existsSync(container.pathOnHost(path)), path).toBe(false);
    expect(statSync(container.pathOnHost(join(state, 'garrison.db'))).size).toBeGreaterThan(0);
    await container.run(['apt-get', 'purge', '-y', '-q', 'garrison-console'], { timeoutMs: 60_000 });
    for (const path of [state, '/etc/garrison-console'])
      expect(existsSync(container.pathOnHost(path)), path).toBe(false);
  });
});
