/**
 * The MSI and the service host on 64-bit and on 32-bit Windows under Wine: real Windows Installer tables, a real service
 * manager, real jobs and pipes. The agent is a stand-in that does as it is told. Wine keeps no access rights and starts no
 * service again that was killed: what is asked of Windows there is not shown here.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { onWine } from '#test/worlds/wine/on-wine.ts';
import { programRoot, startHosted, type HostedMachine } from '#test/worlds/wine/service/host.ts';

/** Runs a case with the package of 0.1.0 installed and its agent up. */
function installed(
  windows: 'x64' | 'x86',
  work: (hosted: HostedMachine) => Promise<void>,
  patienceMs: number | null = null,
): Promise<void> {
  const start = async () => {
    const hosted = await startHosted(`host-${windows}`, windows, patienceMs);
    return { hosted, machine: hosted.machine, stop: () => hosted.stopMachine() };
  };
  return onWine(start, async ({ hosted }) => {
    expect(await hosted.msiexec('/i', '0.1.0')).toBe(0);
    await hosted.until('the agent', () => hosted.events().includes('0.1.0 started'));
    await work(hosted);
  });
}

const own = [
  'State',
  'current',
  'garrison-service.exe',
  'license.txt',
  'packaged',
  'seen',
  'third-party-notices.txt',
  'versions',
];
const withVersions = (...versions: readonly string[]): readonly string[] =>
  [
    ...own,
    ...versions.flatMap((version) => [`versions\\${version}`, `versions\\${version}\\garrison-agent.exe`]),
  ].toSorted();
const installerFailed = 1603;
/** G10: all that the host gives the agent. */
const given = 'ComSpec GARRISON_SERVICE_HOST PATH PATHEXT SystemDrive SystemRoot TEMP TMP USERPROFILE windir'.split(
  ' ',
);

/** Without what Wine gives every program by itself. */
function environmentNames(text: string): readonly string[] {
  const names = text.split(/\r?\n/).flatMap((line) => /^([^=]+)=/.exec(line)?.[1] ?? []);
  return names.filter((name) => !/^(WINE|PROCESSOR_ARCHITECTURE$)/.test(name)).toSorted();
}

describe.each(['x64', 'x86'] as const)('%s Windows', (windows) => {
  test('the package: install, upgrade, no downgrade, no repair, removal that leaves the state alone', async () => {
    await installed(windows, async (hosted) => {
      const { machine } = hosted;
      expect(hosted.files()).toEqual(withVersions('0.1.0'));
      expect([hosted.line('current'), hosted.line('packaged'), await hosted.serviceState()]).toEqual([
        '0.1.0',
        '0.1.0',
        'RUNNING',
      ]);
      expect(environmentNames(machine.read('C:\\stand-in-environment.txt'))).toEqual(given);

      await hosted.stop();
      expect(hosted.events().at(-1)).toBe('0.1.0 stopped');
      expect(await hosted.msiexec('/i', '0.1.1')).toBe(0);
      await hosted.until('the upgraded agent', () => hosted.events().at(-1) === '0.1.1 started');
      expect(hosted.files()).toEqual(withVersions('0.1.1'));

      expect(await hosted.msiexec('/i', '0.1.0')).toBe(installerFailed);
      expect(await hosted.msiexec('/i', '0.1.1', 'REINSTALL=ALL', 'REINSTALLMODE=amus')).toBe(installerFailed);
      expect(hosted.files()).toEqual(withVersions('0.1.1'));

      // An update of our own; a package that is older than it moves nothing back, the removal takes both.
      hosted.lay('0.3.0');
      hosted.say('current', '0.3.0');
      await hosted.stop();
      expect(await hosted.msiexec('/i', '0.1.2')).toBe(0);
      await hosted.until('the newest agent', () => hosted.events().at(-1) === '0.3.0 started');
      expect(hosted.files()).toEqual(withVersions('0.1.2', '0.3.0'));

      await hosted.stop();
      expect(await hosted.msiexec('/x', '0.1.2')).toBe(0);
      expect(hosted.files()).toEqual(['State']);
      expect(machine.read(`${programRoot}\\State\\Log\\service.log`)).toContain('the service has stopped');
      expect(await hosted.serviceState()).toBe('absent');
      const left = await machine.run([
        'reg',
        'query',
        'HKLM\\SOFTWARE\\Garrison\\Agent',
        windows === 'x64' ? '/reg:64' : '/reg:32',
      ]);
      expect(left.code).toBe(1);
    });
  });

  test('the host: what ends is started anew, what is stopped says its last words, nothing outlives the host', async () => {
    await installed(windows, async (hosted) => {
      const { machine } = hosted;
      const kill = (pid: number | string): Promise<unknown> =>
        machine.run(['taskkill', '/f', ...(typeof pid === 'number' ? ['/pid', String(pid)] : ['/im', pid])]);
      await kill(hosted.starts()[0] ?? 0);
      await hosted.until('a second start', () => hosted.starts().length === 2);
      await hosted.stop();
      expect(hosted.events()).toEqual(['0.1.0 started', '0.1.0 started', '0.1.0 stopped']);

      // Absent or broken: the highest version that is there.
      hosted.lay('0.2.0');
      hosted.say('current', '..\\..\\evil');
      await hosted.start();
      await hosted.until('the highest version', () => hosted.events().at(-1) === '0.2.0 started');
      expect(hosted.line('current')).toBe('0.2.0');

      await kill('garrison-service.exe');
      // Its job ends with it.
      await hosted.untilGone('garrison-agent.exe');
    });
  });

  test('Windows 7 is refused before anything is laid down', async () => {
    const start = async () => {
      const hosted = await startHosted(`host-${windows}`, windows);
      return { hosted, machine: hosted.machine, stop: () => hosted.stopMachine() };
    };
    await onWine(start, async ({ hosted }) => {
      const version = ['HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win7', '/f'];
      expect((await hosted.machine.run(['reg', 'add', ...version])).code).toBe(0);
      expect((await hosted.machine.run(['cmd', '/c', 'ver'])).stdout).toContain('6.1.');
      expect(await hosted.msiexec('/i', '0.1.0', '/l*v', 'C:\\log.txt')).toBe(installerFailed);
      expect(hosted.machine.exists(programRoot)).toBe(false);
    });
  });
});

// The same code for both; the times of a trial cannot be made shorter.
test('G15: a version on trial that crashes or says nothing goes back, with the reason; one that proves itself stays', async () => {
  await installed('x64', async (hosted) => {
    const onTrial = async (version: string, behaviour: string, previous: string): Promise<void> => {
      hosted.lay(version, behaviour);
      await hosted.stop();
      hosted.say('trial', `${version} ${previous} 10`);
      hosted.say('current', version);
      await hosted.start();
    };
    const isBack = (): boolean => hosted.events().at(-1) === '0.1.0 started' && hosted.line('trial') === '';

    await onTrial('0.2.0', 'exit 3', '0.1.0');
    await hosted.until('the version before', isBack);
    expect([hosted.line('fallback'), hosted.line('current')]).toEqual(['0.2.0 0.1.0 crashed 3', '0.1.0']);
    expect(hosted.events().filter((event) => event === '0.2.0 started')).toHaveLength(3);

    await onTrial('0.2.1', 'deaf', '0.1.0');
    await hosted.until('the version before', isBack);
    expect([hosted.line('fallback'), hosted.line('current')]).toEqual(['0.2.1 0.1.0 silent 0', '0.1.0']);

    await onTrial('0.2.2', 'prove', '0.1.0');
    await hosted.until('its proof', () => hosted.log().includes('the new version has proved itself'));
    await hosted.stop();
    expect([hosted.line('current'), hosted.events().at(-1)]).toEqual(['0.2.2', '0.2.2 stopped']);

    // A note of a switch that never came to be.
    hosted.say('trial', '0.2.0 0.1.0 10');
    await hosted.start();
    await hosted.until('the note to go', () => hosted.line('trial') === '');
    expect(hosted.line('current')).toBe('0.2.2');
  });
});

test('the watchdog: an agent that lives and gives no sign of it is ended and started anew; the log of one that talks without end stays short', async () => {
  const patienceMs = 6_000;
  await installed(
    'x64',
    async (hosted) => {
      const { machine } = hosted;
      // The stand-in is heard once and never again.
      await hosted.until('a second start', () => hosted.starts().length === 2);
      expect(hosted.log()).toContain('service host: no sign of life');

      hosted.lay('0.2.0', 'beat');
      hosted.say('current', '0.2.0');
      await hosted.until('the one that talks', () => hosted.events().at(-1) === '0.2.0 started', 60_000);
      const [log, older] = ['service.log', 'service.log.1'].map((name) => `${programRoot}\\State\\Log\\${name}`);
      await hosted.until('the end of the flood', () => machine.read(log ?? '').includes('00049151 of the flood'));
      const sizes = [log, older].map((path) => machine.read(path ?? '').length);
      for (const size of sizes) expect(size).toBeLessThanOrEqual(1024 * 1024);
      expect(sizes[1]).toBeGreaterThan(900_000);
      expect(readdirSync(machine.pathOnHost(`${programRoot}\\State\\Log`)).toSorted()).toEqual([
        'service.log',
        'service.log.1',
      ]);

      await pause(2 * patienceMs);
      expect(hosted.events().at(-1)).toBe('0.2.0 started');
      expect(hosted.events().filter((event) => event === '0.2.0 started')).toHaveLength(1);
    },
    patienceMs,
  );
});
