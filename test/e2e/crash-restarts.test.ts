/**
 * The agent, its shim, its program and the whole machine are restarted while dpkg or rpm is at work. The installer is never
 * killed and never started a second time: the agent that comes back joins the one that runs (G11).
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { startDevice, type Device } from './harness.ts';
import { prepareWorld, type World } from './world.ts';

let world: World;
let sentinelOne: SentinelOneWorld;
beforeAll(async () => {
  world = await prepareWorld();
  sentinelOne = await startSentinelOne();
});
afterAll(() => sentinelOne.stop());

const managers = { deb: 'apt-get', rpm: 'dnf' } as const;

describe.each(['deb', 'rpm'] as const)('%s', (root) => {
  let device: Device;
  beforeAll(async () => {
    device = await startDevice({ root, name: `restarts-${root}`, world, sentinelOne });
    await device.assign();
  });
  afterAll(() => device.container.stop());
  afterEach(() => device.reset());

  const shell = (script: string): Promise<string> => device.container.run(['sh', '-c', script]);
  const installerPid = async (): Promise<string> =>
    (await shell(`pgrep -o -f '^(/usr/bin/)?(python3.* )?(/usr/bin/)?${managers[root]} ' || true`)).trim();
  const isAlive = async (pid: string): Promise<boolean> =>
    (await device.container.exec(['kill', '-0', pid])).code === 0;

  /** The package manager holds its locks and its script sleeps until `goOn`; gives the pid of the package manager. */
  async function untilMidInstall(): Promise<string> {
    device.misbehave({ delay: 300 });
    await device.service('start');
    await device.until('the script of the package runs', () =>
      device.runs().some(({ event }) => event === 'configure'),
    );
    const pid = await installerPid();
    expect(pid).toMatch(/^\d+$/);
    return pid;
  }

  const goOn = () => shell('pkill -x sleep');

  /** Protected after one attempt with one run, whose end was seen or not. */
  async function expectJoined(exitCode: number | null): Promise<void> {
    await device.untilState('protected', 90_000);
    await device.until('the attempt has ended', () => device.memory().of('attempt-ended').length > 0);
    const memory = device.memory();
    expect(device.installerRuns()).toBe(1);
    expect(memory.of('attempt-started')).toHaveLength(1);
    expect(memory.of('installer-exited')).toMatchObject([{ run: 1, exitCode }]);
    expect(memory.of('attempt-ended')).toMatchObject([{ result: 'protected' }]);
    expect(memory.damage).toBeNull();
  }
  const starts = (): number => device.memory().of('agent-started').length;

  test('the service is restarted: the installer goes on and is joined', async () => {
    const installer = await untilMidInstall();
    await device.service('restart');
    await device.until('the agent is back', () => starts() === 2);
    expect(await isAlive(installer)).toBe(true);
    await goOn();
    await expectJoined(0);
  });

  test('the agent is killed, again and again: the installer goes on and is joined', async () => {
    const installer = await untilMidInstall();
    for (const wanted of [2, 3, 4]) {
      await shell('systemctl kill -s KILL garrison-agent');
      await device.until('the agent is back', () => starts() === wanted);
    }
    expect(await isAlive(installer)).toBe(true);
    await goOn();
    await expectJoined(0);
  });

  test('the service is stopped until long after the end: the exit is read from disk', async () => {
    await untilMidInstall();
    await device.service('stop');
    await goOn();
    await device.until('the installer is done', async () => (await installerPid()) === '');
    expect(device.memory().of('installer-exited')).toEqual([]);
    await device.service('start');
    await expectJoined(0);
  });

  test('the shim is killed: the installer goes on, is joined, and its unseen end is judged by what it left', async () => {
    const installer = await untilMidInstall();
    await shell("systemctl kill --kill-whom=main -s KILL 'garrison-install-*'");
    expect(await isAlive(installer)).toBe(true);
    await goOn();
    await expectJoined(null);
  });

  test('agent and shim are killed at once', async () => {
    const installer = await untilMidInstall();
    await shell("systemctl kill --kill-whom=main -s KILL garrison-agent 'garrison-install-*'");
    await device.until('the agent is back', () => starts() === 2);
    expect(await isAlive(installer)).toBe(true);
    await goOn();
    await expectJoined(null);
  });

  test('the program of the agent is replaced by another while the installer runs', async () => {
    const installer = await untilMidInstall();
    await shell(
      'cp /usr/sbin/garrison-agent /usr/sbin/garrison-agent.new && mv /usr/sbin/garrison-agent.new /usr/sbin/garrison-agent',
    );
    await device.service('restart');
    await device.until('the agent is back', () => starts() === 2);
    expect(await isAlive(installer)).toBe(true);
    await goOn();
    await expectJoined(0);
  });

  test('a child that outlives the installer delays nothing and is left alone', async () => {
    device.misbehave({ children: 20 });
    await device.service('start');
    await expectJoined(0);
    expect(await shell('pgrep -c ^s1-installer-c')).toBe('1\n');
    await shell('pkill ^s1-installer-c; pkill -x sleep; true');
  });

  test('an orderly restart of the machine waits for the installer', async () => {
    await device.service('enable');
    device.misbehave({ delay: 4 });
    await device.service('start');
    await device.until('the script of the package runs', () =>
      device.runs().some(({ event }) => event === 'configure'),
    );
    await device.container.reboot();
    await device.until('the agent is back', () => starts() === 2);
    await expectJoined(0);
  });
});

describe('power', () => {
  let device: Device;
  beforeAll(async () => {
    device = await startDevice({ root: 'deb', name: 'restarts-power', world, sentinelOne });
    await device.assign();
    await device.service('enable');
  });
  afterAll(() => device.container.stop());
  afterEach(() => device.reset());

  test('the power fails while dpkg configures: one repair finishes what was begun', async () => {
    device.misbehave({ delay: 10 });
    await device.service('start');
    await device.until('the script of the package runs', () =>
      device.runs().some(({ event }) => event === 'configure'),
    );
    device.misbehave(null);
    await device.container.powerCut();
    await device.untilState('protected', 120_000);
    const memory = device.memory();
    expect(memory.damage).toBeNull();
    expect(memory.of('attempt-started')).toHaveLength(1);
    expect(memory.of('installer-exited')).toMatchObject([
      { run: 1, exitCode: null },
      { run: 2, exitCode: 0 },
    ]);
    expect(device.runs().map(({ event }) => event)).toEqual(['installer-run', 'configure', 'configure']);
  });

  test('the power fails before dpkg unpacks: nothing was installed, and the next attempt does it', async () => {
    device.misbehave({ hang: 10 });
    await device.service('start');
    await device.until('the installer runs', () => device.installerRuns() === 1);
    device.misbehave(null);
    await device.container.powerCut();
    await device.untilState('protected', 120_000);
    const memory = device.memory();
    expect(memory.damage).toBeNull();
    expect(device.installerRuns()).toBe(2);
    expect(memory.of('attempt-ended').at(-1)).toMatchObject({ result: 'protected' });
    expect(memory.of('installer-exited').length).toBe(2);
  });
});
