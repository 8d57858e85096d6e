/** The site token hands a device over to whoever holds it: while a package is installed and afterwards it is nowhere but where the installer reads it. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { filesBelow, startDevice, stateDirectory, type Device } from './harness.ts';
import { prepareWorld, type World } from './world.ts';

let world: World;
let sentinelOne: SentinelOneWorld;
beforeAll(async () => {
  world = await prepareWorld();
  sentinelOne = await startSentinelOne();
});
afterAll(() => sentinelOne.stop());

/** Looks at every process, as root, as often as it can; the token comes on standard input, so that the spy does not show it itself. */
const spy = `
$| = 1; my $token = <STDIN>; chomp $token; my ($looks, %seen) = (0);
while (!-e '/var/tmp/spy-stop') {
  for my $file (glob '/proc/[0-9]*/environ /proc/[0-9]*/cmdline') {
    next if $file =~ m{/$$/};
    open my $in, '<', $file or next; local $/; my $text = <$in>; close $in;
    next unless defined $text;
    $seen{"$file $text"} = 1 if index($text, $token) >= 0;
    $seen{'config handed over'} = 1 if $text =~ /S1_AGENT_INSTALL_CONFIG_PATH/;
  }
  $looks++;
}
print "looks $looks\\n"; print "$_\\n" for sort keys %seen;
`;

/** The home of whoever starts the agent by hand: configuration by which package managers run commands. */
const home = '/srv/foreign-home';
const ran = '/var/tmp/ran-as-root';
const trap = `
mkdir -p ${home}
echo 'pre-invoke=touch ${ran}' >${home}/.dpkg.cfg
echo '%_dbpath %(touch ${ran})/var/lib/rpm' >${home}/.rpmmacros
echo 'APT::Update::Pre-Invoke {"touch ${ran}";}; DPkg::Pre-Invoke {"touch ${ran}";};' >${home}/apt.conf`;

describe.each(['deb', 'rpm'] as const)('%s', (root) => {
  let device: Device;
  beforeAll(async () => {
    device = await startDevice({ root, name: `token-${root}`, world, sentinelOne });
    await device.assign();
    await device.container.run(['sh', '-c', trap]);
    await device.container.writeFile(
      '/etc/systemd/system/garrison-agent.service.d/foreign.conf',
      `[Service]\nEnvironment=HOME=${home} XDG_CONFIG_HOME=${home} RPM_CONFIGDIR=${home} APT_CONFIG=${home}/apt.conf\n`,
    );
    await device.container.run(['systemctl', 'daemon-reload']);
  });
  afterAll(() => device.container.stop());

  test('F3: a foreign HOME makes rpm and dpkg run commands, so the next test would see it', async () => {
    const run = root === 'deb' ? ['dpkg', '--configure', '-a'] : ['rpm', '-q', 'rpm'];
    await device.container.exec(['env', `HOME=${home}`, ...run]);
    expect((await device.container.exec(['rm', ran])).code).toBe(0);
  });

  test('F3, G8: the token is in no command line and no environment, in no log, answer or file', async () => {
    const { container, token } = device;
    device.misbehave({ delay: 3 });
    await container.run(['rm', '-f', '/var/tmp/spy-stop']);
    const spying = container.exec(['perl', '-e', spy], { stdin: `${token}\n`, timeoutMs: 120_000 });
    await device.service('start');
    await device.until('the script of the package runs', () =>
      device.runs().some(({ event }) => event === 'configure'),
    );
    const during = filesBelow(device, stateDirectory).filter(({ bytes }) => bytes.includes(token));
    expect(during.map(({ path }) => path)).toEqual([`${stateDirectory}/runs/run-1/sentinelone-install.conf`]);
    expect(await container.run(['stat', '-c', '%a %U', `${stateDirectory}/runs/run-1/sentinelone-install.conf`])).toBe(
      '600 root\n',
    );
    await device.untilState('protected');
    await device.until('the attempt has ended', () => device.memory().of('attempt-ended').length > 0);
    await container.writeFile('/var/tmp/spy-stop', '');
    expect((await container.exec(['test', '-e', ran])).code, 'a command of a foreign HOME ran').toBe(1);
    const seen = (await spying).stdout.trim().split('\n');
    expect(Number(/^looks (\d+)$/.exec(seen[0] ?? '')?.[1])).toBeGreaterThan(10);
    expect(seen.slice(1)).toEqual(['config handed over']);

    const spellings = [token, Buffer.from(token).toString('base64'), encodeURIComponent(token)];
    const holds = (bytes: Buffer): boolean =>
      spellings.some((text) => bytes.includes(text) || bytes.includes(Buffer.from(text, 'utf16le')));
    expect(
      filesBelow(device, stateDirectory)
        .filter(({ bytes }) => holds(bytes))
        .map(({ path }) => path),
    ).toEqual([]);
    expect(
      filesBelow(device, '/var/log')
        .filter(({ bytes }) => holds(bytes))
        .map(({ path }) => path),
    ).toEqual([]);
    const answers = [
      ['journalctl', '--no-pager', '-o', 'export'],
      ['garrison-agent', 'status'],
      ['garrison-agent', 'status', '--json'],
      ['garrison-agent', 'plan', '--json'],
      [
        'sh',
        '-c',
        'cat /run/garrison/* /run/garrison/scratch/*/* 2>/dev/null; systemctl show "garrison*" "sentinelone*"; ps axeww',
      ],
    ];
    for (const argv of answers) {
      const { stdout, stderr } = await container.exec(argv);
      expect(stdout.length, argv.join(' ')).toBeGreaterThan(100);
      expect(holds(Buffer.from(stdout + stderr)), argv.join(' ')).toBe(false);
    }
    // The probe can see it: it does where it must be.
    expect(holds(readFileSync(container.pathOnHost('/etc/garrison/site-token')))).toBe(true);
  });
});
