/** The agent's packages for aarch64 on systems of that processor, emulated: dpkg, rpm and systemd are real, their processor is not. */
import { join } from 'node:path';
import { existsSync, lstatSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { packageAgent, type LinuxFormat } from '../../scripts/package/linux.ts';
import { type Container, startContainer } from '#test/worlds/lab/container.ts';

const service = 'garrison-agent.service';
/** Emulated, everything takes several times as long; other work on the machine comes on top. */
const patient = { timeout: 240_000, interval: 1_000 };

const managers = {
  deb: {
    install: (file: string) => ['dpkg', '-i', file],
    remove: ['dpkg', '--purge', 'garrison-agent'],
    list: ['dpkg-query', '-L', 'garrison-agent'],
    architecture: ['dpkg-query', '-W', '-f', '${Architecture} ${Depends}', 'garrison-agent'],
    says: 'arm64 libc6 (>= 2.28), libstdc++6 (>= 8)',
  },
  rpm: {
    install: (file: string) => ['rpm', '-U', file],
    remove: ['rpm', '-e', 'garrison-agent'],
    list: ['rpm', '-ql', 'garrison-agent'],
    architecture: ['rpm', '-q', '--qf', '%{ARCH}', 'garrison-agent'],
    says: 'aarch64',
  },
} as const;

describe.each<LinuxFormat>(['deb', 'rpm'])('the %s package for aarch64', (format) => {
  const manager = managers[format];
  let container: Container;
  const run = (argv: readonly string[]) => container.run(argv, { timeoutMs: 240_000 });
  const mainPid = async () => (await run(['systemctl', 'show', '-p', 'MainPID', '--value', service])).trim();
  const answers = () =>
    vi.waitFor(
      async () => expect((await container.exec(['garrison-agent', 'status', '--json'])).code).toBe(0),
      patient,
    );

  beforeAll(async () => {
    container = await startContainer({ root: `arm64-${format}`, name: `package-arm64-${format}` });
    const request = { target: 'linux-arm64', trust: 'release', testKeys: null } as const;
    container.copyIn(await packageAgent(request, { format, compress: false }), `/root/agent.${format}`, 0o600);
  });
  afterAll(() => container.stop());

  test('is of that processor, names the system it needs, and turns it into one with a running agent', async () => {
    await run(manager.install(`/root/agent.${format}`));
    expect((await run(manager.architecture)).trim()).toBe(manager.says);
    expect(await run(['garrison-agent', '--version'])).toContain('(linux-arm64, ');
    await answers();
    const status = await run(['garrison-agent', 'service', 'status', '--json']);
    expect(JSON.parse(status)).toEqual({ definition: 'package', state: 'running', enabled: true });
  });

  test('G10, SEC-23: every file belongs to root, and nobody else can write on the way to it', async () => {
    const listed = (await run(manager.list)).split('\n').filter((path) => path.startsWith('/'));
    const parts = new Set(
      [...listed, '/opt/garrison/current/garrison-agent'].flatMap((path) =>
        path.split('/').map((_, index, names) => join('/', ...names.slice(1, index + 1))),
      ),
    );
    for (const line of (await run(['stat', '-L', '-c', '%n %u %g %a', ...parts])).trim().split('\n')) {
      const [path, owner, group, mode = ''] = line.split(' ');
      expect({ path, owner, group }).toEqual({ path, owner: '0', group: '0' });
      expect(Number.parseInt(mode, 8) & 0o022, line).toBe(0);
    }
  });

  // The unit is the same file in both, and every start takes half a minute here.
  if (format === 'deb')
    test('is there again after SIGKILL', async () => {
      const before = await mainPid();
      await run(['systemctl', 'kill', '-s', 'KILL', '--kill-who=main', service]);
      await vi.waitFor(async () => {
        expect(['0', before]).not.toContain(await mainPid());
      }, patient);
      await answers();
    });

  if (format === 'deb') {
    test('is started anew by the watchdog when it lives but does not turn', async () => {
      const drop = `/run/systemd/system/${service}.d/short.conf`;
      await container.writeFile(drop, '[Service]\nWatchdogSec=20s\n');
      await run(['systemctl', 'daemon-reload']);
      await run(['systemctl', 'restart', service]);
      const before = await mainPid();
      await run(['kill', '-STOP', before]);
      await vi.waitFor(async () => {
        expect(['0', before]).not.toContain(await mainPid());
      }, patient);
      expect(await run(['journalctl', '-u', service, '-o', 'cat', '--no-pager'])).toContain('Watchdog timeout');
      await run(['rm', '-r', `/run/systemd/system/${service}.d`]);
      await run(['systemctl', 'daemon-reload']);
    });

    test('an upgrade keeps the state and runs what it brought', async () => {
      const request = { target: 'linux-arm64', trust: 'release', testKeys: null } as const;
      const newer = await packageAgent(request, { format, compress: false, version: '0.9.9' });
      container.copyIn(newer, '/root/newer.deb', 0o600);
      const state = await run(['stat', '-c', '%i', '/var/lib/garrison']);
      const before = await mainPid();
      await run(manager.install('/root/newer.deb'));
      expect((await run(['dpkg-query', '-W', '-f', '${Version}', 'garrison-agent'])).trim()).toBe('0.9.9');
      expect(['0', before]).not.toContain(await mainPid());
      expect(await run(['stat', '-c', '%i', '/var/lib/garrison'])).toBe(state);
      await answers();
    });
  }

  test('goes, and takes its program with it', async () => {
    await run(manager.remove);
    const wants = '/etc/systemd/system/multi-user.target.wants/garrison-agent.service';
    const units = ['garrison-agent', 'garrison-agent-watch'].map((name) => `/usr/lib/systemd/system/${name}.service`);
    for (const path of ['/opt/garrison', '/usr/sbin/garrison-agent', ...units, wants])
      expect(lstatSync(container.pathOnHost(path), { throwIfNoEntry: false }), path).toBeUndefined();
    // The state stays, as the guide says, until all is purged; rpm knows no purge.
    expect(existsSync(container.pathOnHost('/var/lib/garrison'))).toBe(format === 'rpm');
  });
});
