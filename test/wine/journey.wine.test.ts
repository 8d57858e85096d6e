/**
 * From another antivirus to protected, on 64-bit and on 32-bit Windows under Wine: the single binary, a real console process, the
 * stand-in vendor. Registry, services, driver, processes and Windows Installer are Wine's own; what it cannot answer is in
 * `test/worlds/wine/answers.ts`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildAgent } from '../../scripts/build/agent.ts';
import { deviceRoutes, type DeviceDetail } from '#console/api/devices.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { readDevice, waitForState } from '#test/worlds/whole/estate.ts';
import { answer } from '#test/worlds/wine/answers.ts';
import { program, startWindowsDevice, type WindowsDevice } from '#test/worlds/wine/device.ts';
import type { WindowsMachine } from '#test/worlds/wine/machine.ts';
import { onWine } from '#test/worlds/wine/on-wine.ts';
import { windowsStandIns } from '#test/worlds/wine/stand-ins.ts';
import { setUpWindowsEstate, type WindowsEstate } from './console.ts';

const withinMs = 120_000;
const systems = [
  { windows: 'x64', target: 'windows-x64', format: 'exe', version: '24.1.4.257' },
  { windows: 'x86', target: 'windows-x86', format: 'msi', version: '23.3.3.264' },
] as const;

let world: WindowsEstate;
beforeAll(async () => {
  const standIns = await windowsStandIns();
  const offered = systems.flatMap(({ target, format }) =>
    standIns.filter((one) => one.target === target && one.format === format),
  );
  world = await setUpWindowsEstate(offered);
});
afterAll(() => world.stop());

const eset = {
  program: 'C:\\Program Files\\ESET\\ESET Security\\ekrn.exe',
  key: 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{7F2B1C33-0000-4000-8000-0000000E5E70}',
  name: 'ESET Endpoint Security',
  version: '11.1.2062.0',
};

type System = (typeof systems)[number];

/** One device on its way, from the first start of the agent. */
interface Traveller {
  readonly system: System;
  readonly device: WindowsDevice;
  readonly machine: WindowsMachine;
  stop(): Promise<void>;
  readonly must: (...argv: readonly string[]) => Promise<string>;
  readonly reaches: (deviceId: string, kind: ProtectionState['kind']) => Promise<DeviceDetail>;
}

const viewOf = ({ windows }: System): string => (windows === 'x64' ? '/reg:64' : '/reg:32');

async function setOut(system: System): Promise<Traveller> {
  const { windows, target } = system;
  const { file } = await buildAgent({ target, trust: 'test', testKeys: null });
  const device = await startWindowsDevice({ name: `journey-${windows}`, windows, agent: file });
  const { machine } = device;
  const must = async (...argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await machine.run(argv);
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };
  const reaches = (deviceId: string, kind: ProtectionState['kind']): Promise<DeviceDetail> =>
    waitForState(world.operator, deviceId, kind, withinMs).catch((error: unknown) => {
      throw new Error(device.story(), { cause: error });
    });
  return { system, device, machine, must, reaches, stop: () => device.stop() };
}

/** Puts another antivirus there: service, uninstall entry and a row of the Security Center. */
async function isOccupied({ system, machine, must }: Traveller): Promise<void> {
  const standIn = (await windowsStandIns()).find((one) => one.target === system.target && one.format === 'exe');
  // Any service will do as the other product's; this one runs under whatever name it has.
  machine.copyIn(standIn?.path ?? '', eset.program);
  await must('sc', 'create', 'ekrn', 'start=', 'auto', 'binPath=', eset.program);
  await must('sc', 'start', 'ekrn');
  await must('reg', 'add', eset.key, '/v', 'DisplayName', '/d', eset.name, '/f', viewOf(system));
  await must('reg', 'add', eset.key, '/v', 'DisplayVersion', '/d', eset.version, '/f', viewOf(system));
  answer(machine, 'securityCenter', [
    {
      displayName: 'ESET Security',
      instanceGuid: '{26E0861B-2CD9-2C34-2B18-0CB4E3A5F0A1}',
      productState: 0x41000,
      pathToSignedProductExe: eset.program,
      pathToSignedReportingExe: eset.program,
    },
  ]);
}

/** Enrols by its string, is blocked by the other antivirus and says by what evidence; its id. */
async function isBlocked({ system, device, machine, must, reaches }: Traveller): Promise<string> {
  device.startAgent();
  // Else the command would take the daemon's place, as it should while none runs.
  await device.until('the daemon', () => device.memory().events.length > 0, withinMs);
  const file = 'C:\\Program Files\\Garrison\\Given\\enrolment';
  machine.write(file, world.estate.enrolmentString);
  const { deviceId } = JSON.parse(await must(program, 'enrol', '--json', '--file', file)) as { deviceId: string };
  const shown = await reaches(deviceId, 'blocked');
  expect(shown).toMatchObject({ target: system.target, testTrust: true, state: { kind: 'blocked' } });
  const conflicts = shown.state?.kind === 'blocked' ? shown.state.conflicts : [];
  expect(conflicts).toMatchObject([{ productId: 'eset', state: 'active', version: eset.version }]);
  const evidence = conflicts[0]?.evidence.join('\n') ?? '';
  for (const word of ['ekrn', 'ESET Endpoint Security', 'Security Center']) expect(evidence).toContain(word);
  expect(device.installerRuns()).toBe(0);
  return deviceId;
}

/** The other antivirus is gone and *Retry* pressed: it installs once, and SentinelOne knows the device. */
async function endsProtected({ system, device, machine, must, reaches }: Traveller, deviceId: string): Promise<void> {
  await must('sc', 'stop', 'ekrn');
  await must('sc', 'delete', 'ekrn');
  await must('reg', 'delete', eset.key, '/f', viewOf(system));
  machine.remove('C:\\Program Files\\ESET');
  answer(machine, 'securityCenter', []);
  await world.operator.call(deviceRoutes.command, { params: { deviceId }, body: { verb: 'retry' } });
  const shown = await reaches(deviceId, 'protected');
  expect(shown).toMatchObject({ target: system.target, productVersion: system.version });
  const product = shown.report?.product?.value;
  expect(product).toMatchObject({ state: 'present', serviceRunning: true, connected: true });
  expect(device.installerRuns()).toBe(1);
  const agents = world.sentinelOne.tenant.agents.filter((agent) => agent.uuid === product?.agentUuid);
  expect(agents).toMatchObject([{ osType: 'windows', agentVersion: system.version }]);
}

/** The console has the whole attempt, and the site token is nowhere. */
async function isRecorded({ machine }: Traveller, deviceId: string): Promise<void> {
  const { items } = await world.operator.call(deviceRoutes.attempts, { params: { deviceId } });
  expect(items).toMatchObject([{ result: 'protected', runs: [{ exitCode: 0 }] }]);
  const [site] = world.sentinelOne.tenant.sites;
  const token = world.sentinelOne.registrationToken(site?.id ?? '');
  expect(JSON.stringify(items)).not.toContain(token);
  expect(world.log()).not.toContain(token);
  expect(machine.filesHolding('C:\\Program Files\\Garrison', token)).toEqual([]);
  expect((await readDevice(world.operator, deviceId)).state?.kind).toBe('protected');
}

test.each(systems)(
  '$windows Windows, $format: blocked by another antivirus, retried after its removal, protected, no token left',
  async (system) => {
    await onWine(
      () => setOut(system),
      async (traveller) => {
        await isOccupied(traveller);
        const deviceId = await isBlocked(traveller);
        await endsProtected(traveller, deviceId);
        await isRecorded(traveller, deviceId);
      },
    );
  },
);
