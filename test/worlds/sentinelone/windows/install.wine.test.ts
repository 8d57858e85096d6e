/** The stand-in Windows packages by themselves, under Wine: what the agent's tests rest on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setTimeout as pause } from 'node:timers/promises';
import { registrationToken } from '#test/worlds/sentinelone/packages/scripted.ts';
import { listenAsConsole, type ConsoleListener } from '#test/worlds/sentinelone/packages/console-listener.ts';
import type { WindowsStandIn } from '#test/worlds/sentinelone/windows/build.ts';
import { startWindows, type WindowsMachine } from '#test/worlds/wine/machine.ts';
import { onWine } from '#test/worlds/wine/on-wine.ts';
import {
  misbehaviourFile,
  misbehaviourText,
  runsFile,
  windowsStandIns,
  type WindowsMisbehaviour,
} from '#test/worlds/wine/stand-ins.ts';

let listener: ConsoleListener;
let standIns: readonly WindowsStandIn[];
beforeAll(async () => {
  listener = await listenAsConsole();
  standIns = await windowsStandIns();
});
afterAll(() => listener.close());

const uninstallKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall';

describe.each(['x64', 'x86'] as const)('%s', (windows) => {
  let machine: WindowsMachine;
  const standIn = (format: 'exe' | 'msi'): WindowsStandIn => {
    const found = standIns.find((one) => one.target === `windows-${windows}` && one.format === format);
    if (found === undefined) throw new Error(`no ${format} for ${windows}`);
    return found;
  };
  const start = async (): Promise<{ machine: WindowsMachine; stop(): Promise<void> }> => {
    machine = await startWindows(`stand-in-${windows}`, windows);
    for (const format of ['exe', 'msi'] as const) machine.copyIn(standIn(format).path, `C:\\in\\agent.${format}`);
    machine.write('C:\\garrison-answers\\none.txt', '');
    return { machine, stop: () => machine.stop() };
  };

  const misbehave = (how: WindowsMisbehaviour): void => machine.write(misbehaviourFile, misbehaviourText(how));
  const token = (): string => registrationToken(listener.url, 'abc123def');
  const install = async (format: 'exe' | 'msi'): Promise<number> => {
    const exe = ['C:\\in\\agent.exe', '-t', token(), '-q'];
    const msi = ['msiexec', '/i', 'C:\\in\\agent.msi', '/qn', '/norestart', `SITE_TOKEN=${token()}`];
    return (await machine.run(format === 'exe' ? exe : msi)).code;
  };
  const entries = async (): Promise<string> =>
    (await machine.run(['reg', 'query', uninstallKey, '/s', windows === 'x64' ? '/reg:64' : '/reg:32'])).stdout;
  const service = async (name: string): Promise<string> =>
    /STATE +: \d+ +(\w+)/.exec((await machine.run(['sc', 'query', name])).stdout)?.[1] ?? 'absent';

  test.each(['exe', 'msi'] as const)('%s: installs, runs its services, registers and answers', (format) =>
    onWine(start, async () => {
      const before = listener.received.length;
      expect(await install(format)).toBe(0);
      const { version } = standIn(format);
      const short = version.split('.').toSpliced(2, 1).join('.');
      expect(await entries()).toMatch(
        new RegExp(`DisplayName +REG_SZ +Sentinel Agent\\r?\\n +DisplayVersion +REG_SZ +${short}`),
      );
      for (const name of ['SentinelAgent', 'SentinelHelperService', 'SentinelStaticEngine', 'LogProcessorService'])
        expect([name, await service(name)]).toEqual([name, 'RUNNING']);
      for (let tries = 0; listener.received.length === before && tries < 100; tries += 1) await pause(100);
      expect(listener.received[before]).toMatchObject({
        path: '/stand-in/register',
        form: { siteKey: 'abc123def', version, os: 'windows' },
      });
      const folder = `C:\\Program Files\\SentinelOne\\Sentinel Agent ${version}`;
      const status = await machine.run([`${folder}\\SentinelCtl.exe`, 'status']);
      expect(status.stdout).toContain(`Monitor Build id: ${version}+`);
      expect(status.stdout).toMatch(/^SentinelAgent is loaded\r?$/m);
      expect(machine.read(runsFile).match(/ installer-run /g)).toHaveLength(1);
      if (format === 'exe') expect(machine.read('C:\\Windows\\Temp\\SC-exit-code.txt')).toBe('0');
    }),
  );

  test.each([
    ['exe', 12],
    ['exe', 2002],
    ['exe', 4711],
    ['msi', 1603],
    ['msi', 1618],
    ['msi', 3010],
  ] as const)('%s: ends with %d when it is told to', (format, exit) =>
    onWine(start, async () => {
      misbehave({ exit, 'installs-nothing': exit === 2002 || exit === 1618 });
      expect(await install(format)).toBe(exit);
      expect(await service('SentinelAgent')).toBe(exit === 2002 || exit === 1618 ? 'absent' : 'RUNNING');
      if (format === 'exe') expect(machine.read('C:\\Windows\\Temp\\SC-exit-code.txt')).toBe(String(exit));
    }),
  );
});
