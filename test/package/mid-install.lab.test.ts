/**
 * The agent as its package installs it, with the package's own unit, while a vendor's package is being installed: what the
 * unit's limits, its way to stop and a restart of the machine do to an installer. Only the local assignment is added to the unit.
 */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { assignmentFile, startDevice, type Device } from '#test/e2e/harness.ts';
import { prepareWorld, type World } from '#test/e2e/world.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { packageAgent } from '../../scripts/package/linux.ts';

let world: World;
let sentinelOne: SentinelOneWorld;
beforeAll(async () => {
  world = await prepareWorld();
  sentinelOne = await startSentinelOne();
});
afterAll(() => sentinelOne.stop());

const unit = 'garrison-agent.service';
const managers = {
  deb: { install: ['dpkg', '-i', '/root/agent.deb'], installer: 'apt-get' },
  rpm: { install: ['rpm', '-U', '/root/agent.rpm'], installer: 'dnf' },
} as const;

describe.each(['deb', 'rpm'] as const)('the agent of the %s package', (format) => {
  const manager = managers[format];
  let device: Device;
  const shell = (script: string): Promise<string> => device.container.run(['sh', '-c', script]);

  beforeAll(async () => {
    device = await startDevice({ root: format, name: `unit-${format}`, world, sentinelOne });
    const { container } = device;
    const request = { target: 'linux-x64', trust: 'test', testKeys: world.packages.key.folder } as const;
    container.copyIn(await packageAgent(request, { format, compress: false }), `/root/agent.${format}`, 0o600);
    await shell(`rm /etc/systemd/system/${unit} /usr/sbin/garrison-agent`);
    const start = `/opt/garrison/current/garrison-agent run --assignment ${assignmentFile}`;
    await device.assign();
    await container.writeFile(
      `/etc/systemd/system/${unit}.d/assignment.conf`,
      `[Service]\nExecStart=\nExecStart=${start}\n`,
    );
    device.misbehave({ delay: 300 });
    await container.run(manager.install, { timeoutMs: 120_000 });
  });
  afterAll(() => device.container.stop());
  afterEach(() => device.reset());

  /** The script of the vendor's package sleeps; gives the pid of the package manager. */
  async function midInstall(): Promise<string> {
    await device.until('the script of the package runs', () =>
      device.runs().some(({ event }) => event === 'configure'),
    );
    return (await shell(`pgrep -o -f '^(/usr/bin/)?(python3.* )?(/usr/bin/)?${manager.installer} '`)).trim();
  }

  async function expectOneRun(): Promise<void> {
    await device.untilState('protected', 90_000);
    await device.until('the attempt has ended', () => device.memory().of('attempt-ended').length > 0);
    expect(device.installerRuns()).toBe(1);
    expect(device.memory().of('attempt-started')).toHaveLength(1);
  }

  test('G11: the installer is in a unit of its own, without the limits of the agent’s, and outlives its restart', async () => {
    const installer = await midInstall();
    const group = await shell(`cat /proc/${installer}/cgroup`);
    expect(group).toMatch(/\/garrison-install-/);
    expect(group).not.toContain(unit);
    const own = group.trim().split('/').at(-1) ?? '';
    const limits = async (name: string) => {
      const names = 'MemoryMax,MemoryHigh,TasksMax,ProtectSystem,NoNewPrivileges';
      return Object.fromEntries(
        (await shell(`systemctl show -p ${names} '${name}'`))
          .trim()
          .split('\n')
          .map((line) => line.split('=')),
      ) as Record<string, string>;
    };
    expect(await limits(unit)).toMatchObject({ MemoryMax: '805306368', MemoryHigh: '402653184', TasksMax: '256' });
    const without = { MemoryMax: 'infinity', MemoryHigh: 'infinity', ProtectSystem: 'no', NoNewPrivileges: 'no' };
    const theirs = await limits(own);
    expect(theirs).toMatchObject(without);
    expect(theirs['TasksMax']).not.toBe('256');
    await shell(`systemctl restart ${unit}`);
    await device.until('the agent is back', () => device.memory().of('agent-started').length === 2);
    expect((await device.container.exec(['kill', '-0', installer])).code).toBe(0);
    await shell('pkill -x sleep');
    await expectOneRun();
  });

  test('G11: a power cut in the middle is known by its boot, and nothing is run over what it left', async () => {
    device.misbehave({ delay: 300, once: true });
    await shell(`systemctl restart ${unit}`);
    await midInstall();
    const boot = device.memory().of<{ bootId: string }>('agent-started').at(-1)?.bootId;
    await device.container.powerCut();
    device.misbehave(null);
    await endings[format](device);
    const started = device.memory().of<{ reason: string; bootId: string }>('agent-started');
    expect(started.map(({ reason }) => reason)).toEqual(['start', 'reboot']);
    expect(started.at(-1)?.bootId).not.toBe(boot);
    expect(device.memory().damage).toBeNull();
  });
});

/**
 * dpkg knows that the package is half configured, and one repair brings it to its end. rpm has written it down as installed
 * before its script runs: it is looked at, asked to start, and not called protected; its token was never handed over.
 */
const endings = {
  async deb(device: Device): Promise<void> {
    await device.untilState('protected', 120_000);
    await device.until('the attempt has ended', () => device.memory().of('attempt-ended').length > 0);
    expect(device.memory().of('attempt-started')).toHaveLength(1);
  },
  async rpm(device: Device): Promise<void> {
    const failed = () =>
      device
        .memory()
        .of<{ step: string; result: string; detail: string }>('attempt-step')
        .filter(({ step, result }) => step === 'register' && result === 'failed');
    await device.until('the product was asked to start', () => failed().length > 0, 60_000);
    // Looked up by these words in the guide, which says what to do.
    expect(failed()[0]?.detail).toContain('no registration token');
    expect(readFileSync('docs/guide.md', 'utf8')).toMatch(/no registration token.*token set.*Retry install/);
    expect(device.memory().state).toMatchObject({ kind: 'installing', step: 'register' });
    expect(device.installerRuns()).toBe(1);
  },
} as const;
