/**
 * The scripts of the macOS archive, run by a plain shell on a Linux that answers where a Mac's own programs would (uname,
 * sysctl, stat -f, codesign, xattr, launchctl), and the archives of the release build. None of it has run on a Mac.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { daemonFile, launchDaemon, watchDaemon, watchFile } from '#platform/macos/launch-daemon.ts';
import { type Container, startContainer } from '#test/worlds/lab/container.ts';
import { verifyMachO } from '../../scripts/build/mach-o-verify.ts';
import { run } from '../../scripts/build/run.ts';
import { archiveAgent, makeArchive } from '../../scripts/package/macos.ts';

const work = mkdtempSync(join(tmpdir(), 'garrison-macos-'));
const root = '/Library/Garrison';

/** In the program's place: does to the disk what the real one does, and says what it was asked. */
const agent = `#!/bin/sh
echo "$0 $*" >>/var/log/asked
case "$1 \${2-}" in
'service install')
  [ ! -e /var/log/refuse ] || exit 1
  ln -sfn "versions/$(basename "$(dirname "$0")")" ${root}/current
  for file in ${daemonFile} ${watchFile}; do install -D -m 644 /root/garrison-agent-1.0.0/payload$file $file; done ;;
'service uninstall') rm -rf ${daemonFile} ${watchFile} ${root}/versions ${root}/current; rmdir ${root} 2>/dev/null || true ;;
esac
`;
const stubs: Readonly<Record<string, string>> = {
  '/usr/bin/uname': 'echo Darwin',
  '/usr/sbin/sysctl': '[ "$2" = hw.optional.arm64 ] && cat /etc/is-arm64',
  '/usr/bin/stat': '[ "$1" = -f ] && shift 2; exec /usr/bin/stat.real -c "%u %g %a" "$1"',
  '/usr/bin/xattr': 'echo "xattr $*" >>/var/log/asked',
  '/usr/bin/codesign': 'echo "codesign $*" >>/var/log/asked; [ ! -e /var/log/unsigned ]',
  '/usr/bin/launchctl': 'echo "launchctl $*" >>/var/log/asked',
};

let mac: Container;
beforeAll(async () => {
  mac = await startContainer({ root: 'deb', name: 'package-macos' });
  writeFileSync(join(work, 'agent'), agent, { mode: 0o755 });
  for (const version of ['1.0.0', '1.1.0']) {
    const output = join(work, `${version}.tar.gz`);
    const epochSeconds = 1_780_000_000;
    makeArchive({
      target: 'macos-arm64',
      version,
      program: join(work, 'agent'),
      notices: 'none\n',
      epochSeconds,
      output,
    });
    mac.copyIn(output, `/root/${version}.tar.gz`, 0o600);
    await mac.run(['install', '-d', `/root/garrison-agent-${version}`]);
    await mac.run(['tar', '-C', `/root/garrison-agent-${version}`, '-xzf', `/root/${version}.tar.gz`]);
  }
  await mac.run(['cp', '/usr/bin/stat', '/usr/bin/stat.real']);
  await mac.run(['sh', '-c', 'echo wheel:x:0: >>/etc/group; install -d -m 755 /Library /Library/LaunchDaemons']);
  for (const [path, text] of Object.entries(stubs)) {
    await mac.run(['rm', '-f', path]);
    await mac.writeFile(path, `#!/bin/sh\n${text}\n`, 0o755);
  }
});
afterAll(async () => {
  await mac.stop();
  rmSync(work, { recursive: true });
});
beforeEach(async () => {
  await mac.run([
    'sh',
    '-c',
    `rm -rf ${root} ${daemonFile} ${watchFile} /var/log/asked /var/log/refuse /var/log/unsigned; echo 1 >/etc/is-arm64`,
  ]);
});

const script = (name: string, ...args: readonly string[]) =>
  mac.exec(['sh', `/root/garrison-agent-1.0.0/${name}.sh`, ...args]);
const asked = async (): Promise<string> => (await mac.exec(['cat', '/var/log/asked'])).stdout;
const there = (path: string): boolean => existsSync(mac.pathOnHost(path));

describe('install.sh', () => {
  test('lays the program down, proves it, hands over to it, and may be run again', async () => {
    const first = await script('install');
    expect(first.code, first.stderr).toBe(0);
    expect(await asked()).toBe(
      [
        `xattr -c ${root}/versions/1.0.0/.garrison-agent.new`,
        `codesign --verify --strict ${root}/versions/1.0.0/.garrison-agent.new`,
        `${root}/versions/1.0.0/garrison-agent service install`,
        '',
      ].join('\n'),
    );
    expect(await mac.readFile(daemonFile)).toBe(launchDaemon());
    expect(await mac.readFile(watchFile)).toBe(watchDaemon());
    expect((await script('install')).code).toBe(0);
    const newer = await mac.exec(['sh', '/root/garrison-agent-1.1.0/install.sh']);
    expect(newer.code, newer.stderr).toBe(0);
    expect(await mac.run(['readlink', `${root}/current`])).toBe('versions/1.1.0\n');
    const modes = await mac.run(['find', root, '-type', 'd,f', '-printf', '%p %u:%g %m\n']);
    for (const line of modes.trim().split('\n')) expect(line).toMatch(/(^| )root:(root|wheel) 755$/);
  });

  test('enrols when it is told to, by file alone', async () => {
    // A proxy was written there before, by somebody who lets nobody else in.
    await mac.run(['sh', '-c', `install -d -m 700 ${root}; install -m 600 /dev/null ${root}/agent.json`]);
    await mac.writeFile('/root/enrolment', 'x', 0o600);
    expect((await script('install', '--enrolment', '/root/enrolment')).code).toBe(0);
    expect(await asked()).toContain(`${root}/current/garrison-agent enrol --file /root/enrolment\n`);
    expect((await script('install', '--enrolment', 'garrison-enrolment-string')).code).toBe(64);
    expect((await script('install', '--force')).code).toBe(64);
  });

  test('SEC-2, G29: refuses a tree that is not root’s alone', async () => {
    for (const spoil of [
      `install -d -m 777 ${root}`,
      `install -d -o nobody -m 755 ${root}`,
      `install -d -m 755 ${root} && install -d -m 775 ${root}/versions`,
      `ln -s /tmp ${root}`,
    ]) {
      await mac.run(['sh', '-c', `rm -rf ${root}; ${spoil}`]);
      expect((await script('install')).code, spoil).toBe(70);
      expect(await asked()).toBe('');
    }
  });

  test('refuses another Mac, another user, a spoilt program and half an archive, and starts nothing', async () => {
    await mac.run(['sh', '-c', 'echo 0 >/etc/is-arm64']);
    expect((await script('install')).code).toBe(78);
    await mac.run(['sh', '-c', 'echo 1 >/etc/is-arm64; touch /var/log/unsigned']);
    expect((await script('install')).code).toBe(70);
    expect(there(`${root}/versions/1.0.0/garrison-agent`)).toBe(false);
    expect(await asked()).not.toContain('service install');
    const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-s'];
    const stdin = readFileSync(mac.pathOnHost('/root/garrison-agent-1.0.0/install.sh'), 'utf8');
    expect((await mac.exec(user, { stdin })).code).toBe(77);
  });

  test('fails when the agent could not be made a service', async () => {
    await mac.run(['touch', '/var/log/refuse']);
    expect((await script('install')).code).not.toBe(0);
  });
});

describe('uninstall.sh', () => {
  test('takes the agent away and leaves what it knows of the device, unless told otherwise', async () => {
    await script('install');
    await mac.run([
      'sh',
      '-c',
      `install -d -m 700 ${root}/State ${root}/Logs; touch ${root}/State/journal ${root}/agent.json`,
    ]);
    const kept = await script('uninstall');
    expect(kept.code, kept.stderr).toBe(0);
    expect([there(daemonFile), there(`${root}/versions`), there(`${root}/Logs`)]).toEqual([false, false, false]);
    expect([there(`${root}/State/journal`), there(`${root}/agent.json`)]).toEqual([true, true]);
    expect((await script('uninstall', '--purge')).code).toBe(0);
    expect(there(root)).toBe(false);
    expect((await script('uninstall')).code).toBe(0);
    expect((await script('uninstall', '--all')).code).toBe(64);
  });

  test('takes a broken one away too', async () => {
    await script('install');
    await mac.run(['rm', `${root}/current`]);
    expect((await script('uninstall')).code).toBe(0);
    expect(await asked()).toContain('launchctl bootout system/com.garrison.agent');
    expect([there(daemonFile), there(watchFile), there(root)]).toEqual([false, false, false]);
  });
});

/** One of the two: what is in them is looked at in `test/binary`, and packing takes its time. */
describe('the archive of the release build', () => {
  test('holds a program whose every page hash holds', async () => {
    const archive = await archiveAgent('macos-arm64');
    const names = run('tar', ['-tzf', archive]).split('\n');
    const program = names.find((name) => name.endsWith('/garrison-agent')) ?? '';
    expect(run('tar', ['-xOzf', archive, 'third-party-notices.txt'])).toMatch(/\nzod 4[^]*Node\.js 22[^]*OpenSSL/);
    run('tar', ['-C', work, '-xzf', archive, program]);
    const check = verifyMachO(readFileSync(join(work, program)));
    expect(check).toMatchObject({ identifier: 'garrison-agent', adHoc: true, badPages: [], badParts: [] });
    expect(check.pages).toBeGreaterThan(20_000);
  });
});
