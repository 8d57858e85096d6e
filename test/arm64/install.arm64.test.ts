/** The binary for aarch64 on systems of that processor, emulated: real dpkg and apt on one, real rpm on the other. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { assignmentFile, startDevice, type Device } from '#test/e2e/harness.ts';
import { prepareWorld, type World } from '#test/e2e/world.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';

/** Emulated, everything takes several times as long; other work on the machine comes on top. */
const withinMs = 240_000;
let world: World;
let sentinelOne: SentinelOneWorld;
let agent = '';
beforeAll(async () => {
  world = await prepareWorld();
  agent = await world.testAgentFor('linux-arm64');
  sentinelOne = await startSentinelOne();
});
afterAll(() => sentinelOne.stop());

const systems = {
  deb: {
    architecture: ['dpkg', '--print-architecture'],
    installed: ['dpkg-query', '-W', '-f', '${Status} ${Version} ${Architecture}', 'sentinelagent'],
    says: 'install ok installed 24.2.2.20 arm64',
  },
  rpm: {
    architecture: ['uname', '-m'],
    installed: ['rpm', '-q', '--queryformat', 'install ok installed %{VERSION} %{ARCH}', 'SentinelAgent'],
    says: 'install ok installed 24.2.2.20 aarch64',
  },
} as const;

describe.each(['deb', 'rpm'] as const)('%s', (format) => {
  const target = `linux-arm64-${format}` as const;
  let device: Device;
  beforeAll(async () => {
    device = await startDevice({ root: `arm64-${format}`, name: `arm64-${format}`, world, sentinelOne, agent });
  });
  afterAll(() => device.container.stop());
  afterEach(() => device.reset());

  test('the binary starts there and says what it is', async () => {
    expect((await device.container.run([...systems[format].architecture])).trim()).toMatch(/^(arm64|aarch64)$/);
    const { code, stdout, stderr } = await device.container.exec(['garrison-agent', '--version']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^garrison-agent \S+\+test-trust \(linux-arm64, /);
  });

  test('plan chooses the package for this processor', async () => {
    await device.assign();
    const plan = await device.container.run(['garrison-agent', 'plan', '--json', '--assignment', assignmentFile], {
      timeoutMs: withinMs,
    });
    const chosen = `${world.packages.files[target].fileName} (24.2.2.20)`;
    expect(JSON.parse(plan)).toMatchObject({ machine: { architecture: 'arm64', target }, selection: { chosen } });
    expect(device.runs()).toEqual([]);
  });

  test('a package for the other processor is refused before anything of it runs', async () => {
    await device.assign({ file: world.packages.variant('wrong-architecture', target) });
    await device.service('start');
    await device.until('a state with a fault', () => 'fault' in (device.memory().state ?? {}), withinMs);
    expect(device.memory().state).toMatchObject({ kind: 'failed', fault: { code: 'package.wrong-architecture' } });
    expect(device.runs()).toEqual([]);
  });

  test('the real package manager installs it once and the device ends protected', async () => {
    await device.assign();
    await device.service('start');
    await device.untilState('protected', withinMs);
    expect(device.installerRuns()).toBe(1);
    expect(await device.container.run([...systems[format].installed])).toBe(systems[format].says);
    expect(sentinelOne.tenant.agents.filter(({ computerName }) => computerName === `arm64-${format}`)).toHaveLength(1);
  });
});
