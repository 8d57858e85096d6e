import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startContainer, type Container } from '#test/worlds/lab/container.ts';
import { buildStandInPackages, type StandInPackages } from '#test/worlds/sentinelone/packages/build.ts';
import { listenAsConsole, type ConsoleListener } from '#test/worlds/sentinelone/packages/console-listener.ts';
import {
  controlCallsFile,
  misbehaviourFile,
  misbehaviourText,
  registrationToken,
  runsFile,
  scriptRuns,
  type Misbehaviour,
} from '#test/worlds/sentinelone/packages/scripted.ts';
import { runTool } from '#test/worlds/sentinelone/packages/tool.ts';

const out = mkdtempSync(join(tmpdir(), 'stand-in-'));
const configFile = '/root/install.cfg';
const sentinelctl = '/opt/sentinelone/bin/sentinelctl';
let packages: StandInPackages;
let listener: ConsoleListener;
let token: string;

beforeAll(async () => {
  packages = await buildStandInPackages(out);
  listener = await listenAsConsole();
  token = registrationToken(listener.url, 'abc123def');
});
afterAll(async () => {
  await listener.close();
  rmSync(out, { recursive: true });
});

const formats = {
  deb: {
    file: '/srv/agent.deb',
    install: ['apt-get', 'install', '-y', '/srv/agent.deb'],
    plain: ['dpkg', '-i', '/srv/agent.deb'],
    remove: ['dpkg', '--purge', 'sentinelagent'],
    query: ['dpkg-query', '-W', '-f', '${db:Status-Status} ${Version}', 'sentinelagent'],
    installed: 'installed 24.2.2.20',
    owns: ['dpkg', '-S', sentinelctl],
    verify: ['dpkg', '--verify', 'sentinelagent'],
  },
  rpm: {
    file: '/srv/agent.rpm',
    install: ['dnf', 'install', '-y', '/srv/agent.rpm'],
    plain: ['rpm', '-i', '/srv/agent.rpm'],
    remove: ['rpm', '-e', 'SentinelAgent'],
    query: ['rpm', '-q', '--queryformat', 'installed %{VERSION}', 'SentinelAgent'],
    installed: 'installed 24.2.2.20',
    owns: ['rpm', '-qf', sentinelctl],
    verify: ['rpm', '-V', 'SentinelAgent'],
  },
} as const;

describe.each(['deb', 'rpm'] as const)('%s', (format) => {
  const commands = formats[format];
  let device: Container;
  beforeAll(async () => {
    device = await startContainer({ root: format, name: `stand-in-${format}` });
    device.copyIn(packages.files[`linux-x64-${format}`].path, commands.file);
    await device.writeFile(configFile, `S1_AGENT_MANAGEMENT_TOKEN=${token}\nS1_AGENT_AUTO_START=true\n`, 0o600);
  });
  afterAll(() => device.stop());
  afterEach(async () => {
    await device.exec([...commands.remove]);
    await device.run(['rm', '-f', misbehaviourFile, `${misbehaviourFile}.done`, runsFile, controlCallsFile]);
    listener.answer(200);
  });

  const env = { S1_AGENT_INSTALL_CONFIG_PATH: configFile };
  const misbehave = (how: Misbehaviour) => device.writeFile(misbehaviourFile, misbehaviourText(how));
  const installerRuns = async () => {
    const runs = scriptRuns(await device.readFile(runsFile));
    return runs.filter(({ event }) => event === 'installer-run').length;
  };
  const row = async (command: string, name: string) => {
    const text = await device.run([sentinelctl, ...command.split(' ')]);
    return new RegExp(`^${name} {2,}(.*)$`, 'm').exec(text)?.[1];
  };
  const untilConnectivity = async (wanted: string) => {
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await row('management status', 'Connectivity')) === wanted) return;
      await pause(200);
    }
    throw new Error(`Connectivity never became ${wanted}`);
  };

  test('installs, registers, survives a reboot, and is removed without trace', async () => {
    const result = await device.exec([...commands.install], { env });
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout + result.stderr).toContain('Agent is running');
    await untilConnectivity('On');

    const uuid = await row('management status', 'UUID');
    const registration = listener.received.findLast(({ path }) => path === '/stand-in/register');
    expect(registration?.form).toMatchObject({
      siteKey: 'abc123def',
      uuid,
      computerName: device.name,
      version: '24.2.2.20',
      os: 'linux',
      installerType: `.${format}`,
    });
    expect(await device.run([...commands.query])).toBe(commands.installed);
    expect(await device.run([...commands.owns])).toMatch(/sentinelagent/i);
    expect(await device.run([...commands.verify])).toBe('');
    expect(await device.run([sentinelctl, 'version'])).toMatch(/^Agent version: 24\.2\.2\.20$/m);
    expect(await row('control status', 'Agent state')).toBe('Enabled');
    expect(await row('control status', 'scanner')).toMatch(/^\d+$/);
    expect(await row('engines status', 'DFI library')).toBe('Initialized');
    expect(await row('management status', 'URL')).toBe(listener.url);
    expect(await row('management status', 'Site-Key')).toBe('abc123def');
    expect(await device.run(['id', '-gn', 'sentinelone'])).toBe('sentinelone\n');
    expect(await device.run(['stat', '-c', '%a', '/opt/sentinelone/configuration/basic.conf'])).toBe('600\n');
    expect(await device.run(['pgrep', '-c', '^s1-'])).toBe('5\n');
    expect(await device.readFile('/opt/sentinelone/log/install.log')).toContain('installed 24.2.2.20');
    expect((await device.exec(['test', '-e', '/tmp/sentinel_install.log'])).code).toBe(1);
    expect(await installerRuns()).toBe(1);
    expect(await device.readFile(controlCallsFile)).not.toContain(token);

    await device.reboot();
    await untilConnectivity('On');
    expect(await row('management status', 'UUID')).toBe(uuid);

    await device.run([...commands.remove]);
    expect((await device.exec([...commands.query])).code).toBe(1);
    for (const check of [
      'test -e /opt/sentinelone',
      'getent passwd sentinelone',
      'getent group sentinelone',
      'pgrep ^s1-',
    ]) {
      expect((await device.exec(['sh', '-c', check])).code, check).not.toBe(0);
    }
    expect(await device.run(['systemctl', 'show', '-p', 'LoadState', 'sentinelone.service'])).toBe(
      'LoadState=not-found\n',
    );
  });

  test('without a configuration it installs unregistered; the token may be set afterwards', async () => {
    await device.run([...commands.install], { env: { S1_AGENT_INSTALL_CONFIG_PATH: '/root/none' } });
    expect(await row('management status', 'URL')).toBe('undefined');
    expect(await row('management status', 'Connectivity')).toBe('Off');
    expect(await row('control status', 'Agent state')).toBe('Disabled');
    expect((await device.exec([sentinelctl, 'control', 'start'])).code).toBe(1);
    expect((await device.exec([sentinelctl, 'management', 'token', 'set', 'rubbish'])).code).toBe(1);
    await device.run([sentinelctl, 'management', 'token', 'set', token]);
    expect(await device.run([sentinelctl, 'control', 'start'])).toContain('Agent is running');
    await untilConnectivity('On');
    expect(await device.readFile(controlCallsFile)).toContain(`management token set ${token}`);
  });

  test('without a file the environment is read', async () => {
    await device.run([...commands.plain], { env: { S1_AGENT_MANAGEMENT_TOKEN: token, S1_AGENT_AUTO_START: 'true' } });
    await untilConnectivity('On');
  });

  test('it speaks to its console over TLS', async () => {
    const [key, cert] = [join(out, 'tls.key'), join(out, 'tls.crt')];
    const subject = ['-subj', '/CN=127.0.0.1', '-keyout', key, '-out', cert];
    await runTool('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject]);
    const secure = await listenAsConsole({ key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') });
    const secureToken = registrationToken(secure.url, 'abc123def');
    await device.run([...commands.plain], {
      env: { S1_AGENT_MANAGEMENT_TOKEN: secureToken, S1_AGENT_AUTO_START: 'true' },
    });
    await untilConnectivity('On');
    expect(secure.received[0]?.path).toBe('/stand-in/register');
    await secure.close();
  });

  test.each([101, 102, 103])(
    'exit %i of the script before unpacking is what the package manager tells',
    async (exit) => {
      await misbehave({ exit, once: true });
      const failed = await device.exec([...commands.plain], { env });
      expect(failed.code).toBe(1);
      expect(failed.stdout + failed.stderr).toContain(`exit status ${exit}`);
      expect((await device.exec([...commands.query])).stdout).not.toContain('installed 24');
      await device.run([...commands.plain], { env });
      expect(await device.run([...commands.query])).toBe(commands.installed);
      expect(await installerRuns()).toBe(2);
    },
  );

  test('a user left over from an earlier agent makes it refuse with 102', async () => {
    await device.run(['useradd', '-r', 'sentinelone']);
    const failed = await device.exec([...commands.plain], { env });
    expect(failed.stdout + failed.stderr).toContain('exit status 102');
    await device.run(['userdel', 'sentinelone']);
  });

  test('a child outlives the installer and holds its output', async () => {
    await misbehave({ children: 3 });
    expect(await device.exec([...commands.plain], { env })).toMatchObject({ code: 0 });
    expect(await device.run(['pgrep', '-c', '^s1-installer-c'])).toBe('1\n');
    await pause(4000);
    expect((await device.exec(['pgrep', '^s1-installer-c'])).code).toBe(1);
  });

  test('a silent failure ends with 0 and leaves nothing running', async () => {
    await misbehave({ silent: true });
    expect(await device.exec([...commands.install], { env })).toMatchObject({ code: 0 });
    expect(await device.run([...commands.query])).toBe(commands.installed);
    expect((await device.exec(['systemctl', 'is-active', 'sentinelone'])).stdout).toBe('inactive\n');
    expect(await row('management status', 'UUID')).toBe('undefined');
  });

  test('it runs and never registers until it may', async () => {
    await misbehave({ 'never-registers': true });
    await device.run([...commands.install], { env });
    await pause(1500);
    expect(await row('control status', 'Agent state')).toBe('Enabled');
    expect(await row('management status', 'Connectivity')).toBe('Off');
    await device.run(['rm', misbehaviourFile]);
    await untilConnectivity('On');
  });

  test('a console that refuses it, or no longer knows it, leaves it unconnected', async () => {
    listener.answer(403);
    await device.run([...commands.install], { env });
    await pause(1000);
    expect(await row('management status', 'Connectivity')).toBe('Off');
    listener.answer(200);
    await untilConnectivity('On');
    listener.answer(404);
    await untilConnectivity('Off');
  });

  test('it crashes after each start until it is cured', async () => {
    await misbehave({ crash: true });
    await device.run([...commands.install], { env });
    for (let tries = 0; Number(await restarts()) < 1 && tries < 50; tries += 1) await pause(200);
    expect(Number(await restarts())).toBeGreaterThan(0);
    expect(await row('control status', 'Agent state')).toBe('Disabled');
    await device.run(['rm', misbehaviourFile]);
    await untilConnectivity('On');
  });
  const restarts = () => device.run(['systemctl', 'show', '-p', 'NRestarts', '--value', 'sentinelone.service']);

  test('it joins another site than the token names', async () => {
    await misbehave({ 'wrong-site': 'fffe99' });
    await device.run([...commands.install], { env });
    await untilConnectivity('On');
    expect(await row('management status', 'Site-Key')).toBe('fffe99');
    expect(listener.received.findLast(({ path }) => path === '/stand-in/register')?.form['siteKey']).toBe('fffe99');
  });

  test('it reports itself disabled', async () => {
    await misbehave({ disabled: true });
    await device.run([...commands.install], { env });
    expect(await row('control status', 'Agent state')).toBe('Disabled');
  });

  test('another version installs over it and keeps its identity', async () => {
    device.copyIn(packages.variant('older', `linux-x64-${format}`).path, `/srv/older.${format}`);
    await device.run([commands.plain[0], '-i', `/srv/older.${format}`], { env });
    await untilConnectivity('On');
    const uuid = await row('management status', 'UUID');
    await device.run(format === 'deb' ? [...commands.plain] : ['rpm', '-U', commands.file]);
    await untilConnectivity('On');
    expect(await device.run([sentinelctl, 'version'])).toContain('24.2.2.20');
    expect(await row('management status', 'UUID')).toBe(uuid);
    const runs = scriptRuns(await device.readFile(runsFile));
    expect(runs.filter(({ event }) => event === 'installer-run').map(({ mode }) => mode)).toEqual([
      'install',
      'upgrade',
    ]);
  });

  test('a package for another machine is refused before any script runs', async () => {
    device.copyIn(packages.variant('wrong-architecture', `linux-x64-${format}`).path, `/srv/wrong.${format}`);
    expect((await device.exec([commands.plain[0], '-i', `/srv/wrong.${format}`], { env })).code).toBe(1);
    expect((await device.exec(['test', '-e', runsFile])).code).toBe(1);
  });

  if (format === 'deb') {
    test('a script that fails half way leaves a half-configured package, which dpkg --configure cures', async () => {
      await misbehave({ half: true, once: true });
      expect(await device.exec([...commands.install], { env })).toMatchObject({ code: 100 });
      expect(await device.run([...commands.query])).toBe('half-configured 24.2.2.20');
      await device.run(['dpkg', '--configure', '-a'], { env });
      expect(await device.run([...commands.query])).toBe(commands.installed);
      await untilConnectivity('On');
      expect(await installerRuns()).toBe(1);
    });

    test('while it is slow, the package lock is held', async () => {
      await misbehave({ delay: 3 });
      const slow = device.exec([...commands.install], { env });
      await pause(1500);
      const second = await device.exec(['apt-get', 'install', '-y', 'clamav-daemon']);
      expect(second.code).toBe(100);
      expect(second.stderr).toContain('Could not get lock /var/lib/dpkg/lock-frontend');
      expect(await slow).toMatchObject({ code: 0 });
    });
  } else {
    test('a script that fails after unpacking is only a warning: rpm and dnf end with 0', async () => {
      await misbehave({ half: true });
      expect(await device.exec([...commands.plain], { env })).toMatchObject({ code: 0 });
      expect(await device.run([...commands.query])).toBe(commands.installed);
      expect((await device.exec(['systemctl', 'is-enabled', 'sentinelone'])).stdout).toBe('disabled\n');
      await device.run([...commands.remove]);
      expect(await device.exec([...commands.install], { env })).toMatchObject({ code: 0 });
      await device.run(['rm', misbehaviourFile]);
      await device.run(['rpm', '-U', '--replacepkgs', commands.file], { env });
      await untilConnectivity('On');
    });

    test('while it is slow, the rpm lock is held', async () => {
      await misbehave({ delay: 3 });
      const slow = device.exec([...commands.plain], { env });
      await pause(1500);
      const second = await device.exec(['rpm', '-i', '/srv/agent.rpm']);
      expect(second.code).toBe(1);
      expect(second.stderr).toContain("can't create transaction lock on /var/lib/rpm/.rpm.lock");
      expect(await slow).toMatchObject({ code: 0 });
    });
  }

  test('a hang before unpacking ends by itself', async () => {
    await misbehave({ hang: 2, once: true });
    const started = performance.now();
    await device.run([...commands.plain], { env });
    expect(performance.now() - started).toBeGreaterThan(2000);
  });
});
