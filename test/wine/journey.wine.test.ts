/**
 * From another antivirus to protected, on 64-bit and on 32-bit Windows under Wine: the single binary, a real console process, the
 * stand-in vendor. Registry, services, driver, processes and Windows Installer are Wine's own; what it cannot answer is in
 * `test/worlds/wine/answers.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../scripts/build/agent.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { readDevice, waitForState } from '#test/worlds/whole/estate.ts';
import { answer } from '#test/worlds/wine/answers.ts';
import { program, startWindowsDevice, type WindowsDevice } from '#test/worlds/wine/device.ts';
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

describe.each(systems)('$windows Windows, $format', ({ windows, target, format, version }) => {
  let device: WindowsDevice;
  let deviceId = '';
  const view = windows === 'x64' ? '/reg:64' : '/reg:32';
  const must = async (...argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await device.machine.run(argv);
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };

  beforeAll(async () => {
    const { file } = await buildAgent({ target, trust: 'test', testKeys: null });
    device = await startWindowsDevice({ name: `journey-${windows}`, windows, agent: file });
    const standIn = (await windowsStandIns()).find((one) => one.target === target && one.format === 'exe');
    // Any service will do as the other product's; this one runs under whatever name it has.
    device.machine.copyIn(standIn?.path ?? '', eset.program);
    await must('sc', 'create', 'ekrn', 'start=', 'auto', 'binPath=', eset.program);
    await must('sc', 'start', 'ekrn');
    await must('reg', 'add', eset.key, '/v', 'DisplayName', '/d', eset.name, '/f', view);
    await must('reg', 'add', eset.key, '/v', 'DisplayVersion', '/d', eset.version, '/f', view);
    answer(device.machine, 'securityCenter', [
      {
        displayName: 'ESET Security',
        instanceGuid: '{26E0861B-2CD9-2C34-2B18-0CB4E3A5F0A1}',
        productState: 0x41000,
        pathToSignedProductExe: eset.program,
        pathToSignedReportingExe: eset.program,
      },
    ]);
  });
  afterAll(() => device.stop());

  test('enrols by its string, is blocked by the other antivirus and says by what evidence', async () => {
    device.startAgent();
    // Else the command would take the daemon's place, as it should while none runs.
    await device.until('the daemon', () => device.memory().events.length > 0, withinMs);
    device.machine.write('C:\\Program Files\\Garrison\\Given\\enrolment', world.estate.enrolmentString);
    const file = 'C:\\Program Files\\Garrison\\Given\\enrolment';
    const answer = await must(program, 'enrol', '--json', '--file', file);
    deviceId = (JSON.parse(answer) as { deviceId: string }).deviceId;
    const shown = await waitForState(world.operator, deviceId, 'blocked', withinMs).catch((error: unknown) => {
      throw new Error(device.story(), { cause: error });
    });
    expect(shown).toMatchObject({ target, testTrust: true, state: { kind: 'blocked' } });
    const conflicts = shown.state?.kind === 'blocked' ? shown.state.conflicts : [];
    expect(conflicts).toMatchObject([{ productId: 'eset', state: 'active', version: eset.version }]);
    const evidence = conflicts[0]?.evidence.join('\n') ?? '';
    for (const word of ['ekrn', 'ESET Endpoint Security', 'Security Center']) expect(evidence).toContain(word);
    expect(device.installerRuns()).toBe(0);
  });

  test(`the other antivirus removed and "Retry" pressed, it installs the ${format} once and ends protected`, async () => {
    await must('sc', 'stop', 'ekrn');
    await must('sc', 'delete', 'ekrn');
    await must('reg', 'delete', eset.key, '/f', view);
    device.machine.remove('C:\\Program Files\\ESET');
    answer(device.machine, 'securityCenter', []);
    await world.operator.call(deviceRoutes.command, { params: { deviceId }, body: { verb: 'retry' } });
    const shown = await waitForState(world.operator, deviceId, 'protected', withinMs).catch((error: unknown) => {
      throw new Error(device.story(), { cause: error });
    });
    expect(shown).toMatchObject({ target, productVersion: version });
    expect(shown.report?.product?.value).toMatchObject({ state: 'present', serviceRunning: true, connected: true });
    expect(device.installerRuns()).toBe(1);
    const agents = world.sentinelOne.tenant.agents.filter((agent) => agent.agentVersion === version);
    expect(agents).toMatchObject([{ osType: 'windows' }]);
    expect(agents[0]?.uuid).toBe(shown.report?.product?.value.agentUuid);
  });

  test('the console has the whole attempt, and the site token is nowhere', async () => {
    const { items } = await world.operator.call(deviceRoutes.attempts, { params: { deviceId } });
    expect(items).toMatchObject([{ result: 'protected', runs: [{ exitCode: 0 }] }]);
    const [site] = world.sentinelOne.tenant.sites;
    const token = world.sentinelOne.registrationToken(site?.id ?? '');
    expect(JSON.stringify(items)).not.toContain(token);
    expect(world.log()).not.toContain(token);
    expect(device.machine.filesHolding('C:\\Program Files\\Garrison', token)).toEqual([]);
    expect((await readDevice(world.operator, deviceId)).state?.kind).toBe('protected');
  });
});
