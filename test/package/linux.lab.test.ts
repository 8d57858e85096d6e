/** The agent's own packages on real systems: what dpkg, apt, rpm and systemd make of them. */
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildAgent } from '../../scripts/build/agent.ts';
import { root } from '../../scripts/build/runtime.ts';
import { packageAgent, type LinuxFormat } from '../../scripts/package/linux.ts';
import { executedBy, namesOnTheWay, notPrivate, openToOthers } from '#test/worlds/lab/closed.ts';
import { type Container, startContainer } from '#test/worlds/lab/container.ts';

const service = 'garrison-agent.service';
const request = { target: 'linux-x64', trust: 'release', testKeys: null } as const;
const newer = '0.9.9';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** What is done with a package, by format; every command is an administrator's. */
const managers = {
  deb: {
    install: (file: string) => ['apt-get', 'install', '-y', '-q', file],
    older: (file: string) => ['dpkg', '--refuse-downgrade', '-i', file],
    again: (file: string) => ['dpkg', '-i', file],
    remove: ['apt-get', 'remove', '-y', '-q', 'garrison-agent'],
    list: ['dpkg-query', '-L', 'garrison-agent'],
    licenses: '/usr/share/doc/garrison-agent',
  },
  rpm: {
    install: (file: string) => ['dnf', 'install', '-y', '-q', file],
    older: (file: string) => ['rpm', '-U', file],
    again: (file: string) => ['rpm', '-U', '--replacepkgs', file],
    remove: ['dnf', 'remove', '-y', '-q', 'garrison-agent'],
    list: ['rpm', '-ql', 'garrison-agent'],
    licenses: '/usr/share/licenses/garrison-agent',
  },
} as const;

describe.each<LinuxFormat>(['deb', 'rpm'])('the %s package', (format) => {
  const manager = managers[format];
  const files = { first: `/root/first.${format}`, second: `/root/second.${format}` };
  let container: Container;

  const status = async (): Promise<unknown> =>
    JSON.parse((await container.exec(['garrison-agent', 'service', 'status', '--json'])).stdout || 'null') as unknown;
  const mainPid = async (): Promise<number> =>
    Number((await container.run(['systemctl', 'show', '-p', 'MainPID', '--value', service])).trim());
  const answers = () =>
    vi.waitFor(async () => expect((await container.exec(['garrison-agent', 'status', '--json'])).code).toBe(0), 20_000);

  beforeAll(async () => {
    container = await startContainer({ root: format, name: `package-${format}` });
    container.copyIn(await packageAgent(request, { format, compress: false }), files.first, 0o600);
    container.copyIn(await packageAgent(request, { format, compress: false, version: newer }), files.second, 0o600);
  });
  afterAll(() => container.stop());

  test('turns a bare machine into one with a running agent, in one command', async () => {
    await container.run(manager.install(files.first), { timeoutMs: 120_000 });
    expect(await status()).toEqual({ definition: 'package', state: 'running', enabled: true });
    await answers();
    const told = await container.run(['systemctl', 'show', '-p', 'Type,WatchdogUSec,NRestarts,SubState', service]);
    expect((await container.run(['readlink', '/opt/garrison/current'])).trim()).toBe(`versions/${version}`);
    const pid = String(await mainPid());
    expect((await container.run(['readlink', `/proc/${pid}/exe`])).trim()).toBe(
      `/opt/garrison/versions/${version}/garrison-agent`,
    );
    expect(told).toMatch(/Type=notify/);
    expect(told).toMatch(/WatchdogUSec=5min/);
    expect(told).toMatch(/SubState=running/);
    expect(told).toMatch(/NRestarts=0/);
  });

  test('G10, SEC-23: nobody but root can change anything on the way to what runs: files, links, units, libraries', async () => {
    const listed = (await container.run(manager.list)).split('\n').filter((path) => path.startsWith('/'));
    expect(listed).toContain('/usr/sbin/garrison-agent');
    const laid = (await container.run(['find', '/opt/garrison'])).trim().split('\n');
    const program = `/opt/garrison/versions/${version}/garrison-agent`;
    expect(laid).toContain(program);
    const executed = await executedBy(container, await mainPid());
    expect(executed).toContain(program);
    expect(executed.some((path) => path.includes('libc.so'))).toBe(true);
    const units = [
      `/etc/systemd/system/multi-user.target.wants/${service}`,
      '/usr/bin/systemctl',
      '/usr/bin/systemd-run',
    ];
    const names = namesOnTheWay(container, [...listed, ...laid, ...executed, ...units]);
    expect(names).toEqual(
      expect.arrayContaining(['/opt', '/opt/garrison/current', `/usr/lib/systemd/system/${service}`]),
    );
    expect(openToOthers(container, ['/', ...names])).toEqual([]);
    for (const path of ['/etc/garrison', '/var/lib/garrison', '/run/garrison'])
      expect((await container.run(['stat', '-c', '%u %a', path])).trim(), path).toBe('0 700');
    expect(notPrivate(container, '/var/lib/garrison')).toEqual([]);
    // It would be seen.
    await container.run(['chmod', 'g+w', '/opt/garrison/versions']);
    expect(openToOthers(container, names)).toEqual(['/opt/garrison/versions: 0:0 775']);
    await container.run(['chmod', 'g-w', '/opt/garrison/versions']);
  });

  test('brings our licence and those of everything inside', async () => {
    const files = ['copyright', 'third-party-notices.txt'].map((name) => `${manager.licenses}/${name}`);
    const [own = '', others = ''] = await Promise.all(files.map((file) => container.readFile(file)));
    expect(own).toContain('Apache License');
    const { libraries } = await buildAgent(request);
    expect(libraries.length).toBeGreaterThan(5);
    for (const directory of libraries) {
      const { name, version: used } = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8')) as Record<
        string,
        string
      >;
      expect(others).toContain(`\n${name} ${used}\n`);
    }
    for (const part of ['Node.js', 'OpenSSL', 'V8', 'zlib', 'ICU']) expect(others).toContain(part);
    if (format === 'rpm')
      expect((await container.run(['rpm', '-q', '--licensefiles', 'garrison-agent'])).trim().split('\n')).toEqual(
        files,
      );
  });

  test('F1: SIGUSR1 opens no debugger in the service that runs', async () => {
    const pid = await mainPid();
    await container.run(['kill', '-USR1', String(pid)]);
    // How long a plain Node takes stands in the test of the binary: a fraction of this.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await mainPid()).toBe(pid);
    const sockets = await container.run(['ss', '-Hltnp']);
    expect(sockets.split('\n').filter((line) => line.includes(`pid=${pid},`))).toEqual([]);
    await answers();
  });

  test('is there again after SIGKILL', async () => {
    const before = await mainPid();
    await container.run(['systemctl', 'kill', '-s', 'KILL', '--kill-who=main', service]);
    await vi.waitFor(async () => {
      expect(await mainPid()).not.toBe(before);
      expect(await status()).toMatchObject({ state: 'running' });
    }, 30_000);
    await answers();
  });

  // The unit is the same file in both, and this is mostly waiting.
  if (format === 'deb')
    test('is started anew by the watchdog when it lives but does not turn', async () => {
      const drop = `/run/systemd/system/${service}.d/short.conf`;
      await container.writeFile(drop, '[Service]\nWatchdogSec=6s\n');
      await container.run(['systemctl', 'daemon-reload']);
      await container.run(['systemctl', 'restart', service]);
      await answers();
      const before = await mainPid();
      // It speaks up three times within those six seconds, and is left alone.
      await new Promise((resolve) => setTimeout(resolve, 8000));
      expect(await mainPid()).toBe(before);
      await container.run(['kill', '-STOP', String(before)]);
      await vi.waitFor(async () => {
        const pid = await mainPid();
        expect(pid).not.toBe(before);
        expect(pid).toBeGreaterThan(0);
      }, 45_000);
      await container.run(['rm', '-r', `/run/systemd/system/${service}.d`]);
      await container.run(['systemctl', 'daemon-reload']);
      await container.run(['systemctl', 'restart', service]);
      await answers();
    });

  test('an upgrade keeps the state and runs the new program; an older one is refused', async () => {
    const journal = async (): Promise<string> => container.run(['stat', '-c', '%i', '/var/lib/garrison']);
    const state = await journal();
    const before = await mainPid();
    await container.run(manager.install(files.second), { timeoutMs: 120_000 });
    expect(await mainPid()).not.toBe(before);
    await answers();
    expect(await journal()).toBe(state);
    await container.exec(manager.older(files.first));
    const installed = await container.run(
      format === 'deb'
        ? ['dpkg-query', '-W', '-f', '${Version}', 'garrison-agent']
        : ['rpm', '-q', '--qf', '%{VERSION}', 'garrison-agent'],
    );
    expect(installed.trim()).toBe(newer);
  });

  test('G15: an older package, or the same one again, does not bring back what a newer version has replaced', async () => {
    await container.run(['cp', '-a', `/opt/garrison/versions/${version}`, '/opt/garrison/versions/0.9.0']);
    await container.run(['ln', '-sfn', 'versions/0.9.0', '/opt/garrison/current']);
    await container.run(['install', '-d', '-m', '700', '/var/lib/garrison/update']);
    const floor = '/var/lib/garrison/update/floor';
    await container.writeFile(floor, '0.9.0\n');
    await container.run(['chmod', '600', floor]);
    await container.run(manager.again(files.second));
    expect((await container.run(['readlink', '/opt/garrison/current'])).trim()).toBe('versions/0.9.0');
    await container.run(['rm', floor]);
    await container.run(manager.again(files.second));
    expect((await container.run(['readlink', '/opt/garrison/current'])).trim()).toBe(`versions/${version}`);
  });

  test('a service that was stopped by hand stays stopped through an upgrade, and is there after a restart', async () => {
    await container.run(['garrison-agent', 'service', 'stop']);
    await container.run(manager.again(files.second));
    expect(await status()).toMatchObject({ state: 'stopped', enabled: true });
    await container.reboot();
    await answers();
    expect(await status()).toMatchObject({ state: 'running' });
  });

  test('its removal leaves the state, named in the guide, and nothing else', async () => {
    await container.run(manager.remove, { timeoutMs: 120_000 });
    expect((await container.exec(['systemctl', 'is-active', service])).stdout.trim()).not.toBe('active');
    const units = ['garrison-agent.service', 'garrison-agent-watch.service'].map(
      (one) => `/usr/lib/systemd/system/${one}`,
    );
    for (const path of ['/usr/sbin/garrison-agent', '/opt/garrison', manager.licenses, ...units])
      expect(lstatSync(container.pathOnHost(path), { throwIfNoEntry: false }), path).toBeUndefined();
    const wants = container.pathOnHost('/etc/systemd/system/multi-user.target.wants');
    expect(existsSync(wants) ? readdirSync(wants) : []).not.toContain(service);
    expect(statSync(container.pathOnHost('/var/lib/garrison')).isDirectory()).toBe(true);
    if (format === 'rpm') return;
    await container.run(['apt-get', 'purge', '-y', '-q', 'garrison-agent']);
    for (const path of ['/var/lib/garrison', '/etc/garrison'])
      expect(existsSync(container.pathOnHost(path))).toBe(false);
  });
});

describe('a bare binary', () => {
  let container: Container;
  const program = '/usr/local/sbin/garrison-agent';

  beforeAll(async () => {
    container = await startContainer({ root: 'deb', name: 'package-bare' });
    const { agentFile } = await import('../../scripts/build/agent.ts');
    container.copyIn(agentFile(request), program, 0o755);
  });
  afterAll(() => container.stop());

  test('G10: becomes a service by its own word, closed to others, twice is as once, and leaves nothing when it goes', async () => {
    const missing = await container.exec([program, 'service', 'start', '--json']);
    expect(missing.code).toBe(1);
    expect(JSON.parse(missing.stderr)).toMatchObject({ error: { code: 'service.not-installed' } });
    await container.run([program, 'service', 'install']);
    expect(await container.run([program, 'service', 'install'])).toContain('running, installed by "service install"');
    const made = [
      `/etc/systemd/system/${service}`,
      '/etc/systemd/system/garrison-agent-watch.service',
      `/etc/systemd/system/multi-user.target.wants/${service}`,
      '/opt/garrison/current/garrison-agent',
    ];
    expect(openToOthers(container, namesOnTheWay(container, made)), 'G10').toEqual([]);
    await container.run([program, 'service', 'uninstall']);
    const after = await container.exec([program, 'service', 'status']);
    expect(after).toMatchObject({ code: 69, stdout: 'Garrison agent service: not installed.\n' });
    for (const path of [
      `/etc/systemd/system/${service}`,
      '/etc/systemd/system/garrison-agent-watch.service',
      '/opt/garrison',
    ])
      expect(existsSync(container.pathOnHost(path)), path).toBe(false);
  });

  test('SEC-2: is refused from where others could replace it', async () => {
    await container.run(['install', '-d', '-m', '777', '/srv/open']);
    await container.run(['install', '-m', '755', program, '/srv/open/garrison-agent']);
    const refused = await container.exec(['/srv/open/garrison-agent', 'service', 'install', '--json']);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'service.untrusted-program' } });
    expect(existsSync(container.pathOnHost(`/etc/systemd/system/${service}`))).toBe(false);
  });
});
