/**
 * The shipped way onto Windows, under Wine: the MSI with the real agent, enrolled by a file, kept up by the service host. The
 * service is stopped and started while the vendor's installer runs; it goes on, is joined, and ends in "protected".
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageMsi } from '../../scripts/package/msi.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { rememberedIn } from '#test/e2e/harness.ts';
import { waitFor } from '#test/worlds/whole/estate.ts';
import { answerAsUsual } from '#test/worlds/wine/answers.ts';
import { startWindows, type WindowsMachine } from '#test/worlds/wine/machine.ts';
import { onWine } from '#test/worlds/wine/on-wine.ts';
import { misbehaviourFile, misbehaviourText, runsFile, windowsStandIns } from '#test/worlds/wine/stand-ins.ts';
import { setUpWindowsEstate, type WindowsEstate } from './console.ts';
import { setTimeout as pause } from 'node:timers/promises';

const withinMs = 120_000;
const root = 'C:\\Program Files\\Garrison';
const enrolmentFile = 'C:\\given\\enrolment.txt';
const systems = [
  { windows: 'x64', target: 'windows-x64', format: 'exe', version: '24.1.4.257' },
  { windows: 'x86', target: 'windows-x86', format: 'msi', version: '23.3.3.264' },
] as const;
const packages = new Map<string, string>();

let world: WindowsEstate;
beforeAll(async () => {
  for (const { target } of systems) packages.set(target, await packageMsi({ target, trust: 'test', testKeys: null }));
  const standIns = await windowsStandIns();
  world = await setUpWindowsEstate(
    systems.flatMap(({ target, format }) => standIns.filter((one) => one.target === target && one.format === format)),
  );
});
afterAll(() => world.stop());

const memory = (machine: WindowsMachine) => rememberedIn(machine.pathOnHost(`${root}\\State\\journal`));
const story = (machine: WindowsMachine): string => machine.read(`${root}\\State\\Log\\service.log`).slice(-8_000);
const installerRuns = (machine: WindowsMachine): number => machine.read(runsFile).split(' installer-run ').length - 1;

async function until(machine: WindowsMachine, what: string, reached: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + withinMs; !(await reached()); await pause(100)) {
    machine.requireAlive();
    if (performance.now() > deadline) throw new Error(`${what}: not in time\n${story(machine)}`);
  }
}

async function sc(machine: WindowsMachine, verb: 'stop' | 'start', reached: string): Promise<void> {
  await machine.run(['sc', verb, 'GarrisonAgent']);
  await until(machine, `the service ${reached}`, async () =>
    (await machine.run(['sc', 'query', 'GarrisonAgent'])).stdout.includes(reached),
  );
}

/** The device as the console shows it, once that has heard that it is protected. */
function shown(target: string): Promise<unknown> {
  return waitFor(`a protected ${target}`, withinMs, async () => {
    const { items } = await world.operator.call(deviceRoutes.list, { query: {} });
    return items.find((row) => row.target === target && row.state?.kind === 'protected') ?? null;
  });
}

test.each(systems)('$windows Windows: MSI, enrolled by a file, the installer survives the service', async (system) => {
  const { windows, target, version } = system;
  const start = async () => {
    const machine = await startWindows(`service-${windows}`, windows);
    return { machine, stop: () => machine.stop() };
  };
  await onWine(start, async ({ machine }) => {
    answerAsUsual(machine);
    machine.write(misbehaviourFile, misbehaviourText({ hang: 8, once: true }));
    machine.copyIn(packages.get(target) ?? '', 'C:\\given\\agent.msi');
    // As Windows PowerShell writes a text file.
    machine.write(enrolmentFile, Buffer.from(`\ufeff${world.estate.enrolmentString}\r\n`, 'utf16le'));
    const log = ['/l*v', 'C:\\given\\install.log'];
    const install = ['msiexec', '/i', 'C:\\given\\agent.msi', '/qn', ...log, `ENROLMENTFILE=${enrolmentFile}`];
    expect((await machine.run(install)).code).toBe(0);

    await until(machine, 'the installer', () => installerRuns(machine) === 1);
    await sc(machine, 'stop', 'STOPPED');
    expect(memory(machine).of('installer-exited')).toEqual([]);
    await sc(machine, 'start', 'RUNNING');
    await until(machine, 'protected', () => memory(machine).state?.kind === 'protected');
    expect(installerRuns(machine)).toBe(1);
    const remembered = memory(machine);
    expect(remembered.of('attempt-started')).toHaveLength(1);
    expect(remembered.of('agent-started')).toHaveLength(2);
    expect(await shown(target)).toMatchObject({ productVersion: version, testTrust: true });

    // The string stands nowhere but in the file that was given.
    const secret = world.estate.enrolmentString.slice(-40);
    expect(machine.filesHolding(root, secret)).toEqual([]);
    expect(machine.filesHolding('C:\\given', secret)).toEqual([machine.pathOnHost(enrolmentFile)]);

    await sc(machine, 'stop', 'STOPPED');
    expect((await machine.run(['msiexec', '/x', 'C:\\given\\agent.msi', '/qn'])).code).toBe(0);
    expect(machine.exists(`${root}\\versions`)).toBe(false);
    expect((await machine.run(['sc', 'query', 'SentinelAgent'])).stdout).toContain('RUNNING');
  });
});
