/** The agent's packages for aarch64 on systems of that processor, emulated: dpkg, rpm and systemd are real, their processor is not. */
import { join } from 'node:path';
import { existsSync } from 'node:fs';
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

  test('goes, and takes its program with it', async () => {
    await run(manager.remove);
    for (const path of ['/opt/garrison', '/usr/sbin/garrison-agent', '/usr/lib/systemd/system/garrison-agent.service'])
      expect(existsSync(container.pathOnHost(path)), path).toBe(false);
  });
});
