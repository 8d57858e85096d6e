/**
 * Updates of the agent on Windows under Wine, with the real binaries: MSI, service host, agent, and a console in this process. The
 * host watches, the version before comes back and says why. Wine keeps no access rights: what is asked of them is answered
 * by a recording (`test/worlds/wine/answers.ts`), and judged in `test/platform/windows/versions.test.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateSigningKey } from '#protocol/crypto.ts';
import { buildAgent } from '../../scripts/build/agent.ts';
import type { WindowsTarget } from '../../scripts/build/service-host.ts';
import { packageMsi } from '../../scripts/package/msi.ts';
import { freePort } from '#test/worlds/fleet/console-process.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { answerAsUsual } from '#test/worlds/wine/answers.ts';
import { startWindows, type WindowsMachine } from '#test/worlds/wine/machine.ts';
import { onWine } from '#test/worlds/wine/on-wine.ts';
import { badAgent } from '#test/worlds/wine/update/bad.ts';
import { endsOf, orderUpdate, type End, type Order } from './orders.ts';

const root = 'C:\\Program Files\\Garrison';
const withinMs = 60_000;

let world: ConsoleWorld;
let machines = 0;
const built = new Map<WindowsTarget, { readonly msi: string; readonly version: string }>();

beforeAll(async () => {
  const port = await freePort();
  world = await ConsoleWorld.start({ realTime: true, address: `http://127.0.0.1:${port}` });
  await world.app.listen({ host: '127.0.0.1', port });
  for (const target of ['windows-x64', 'windows-x86'] as const) {
    const request = { target, trust: 'test', testKeys: null } as const;
    const { version } = await buildAgent(request);
    built.set(target, { msi: await packageMsi(request), version });
  }
});
afterAll(() => world.stop());

/** Installed by the MSI, enrolled, kept up by the service host. */
class Device {
  readonly machine: WindowsMachine;
  readonly target: WindowsTarget;
  readonly first: string;
  organisationId = '';
  deviceId = '';

  constructor(machine: WindowsMachine, target: WindowsTarget) {
    this.machine = machine;
    this.target = target;
    this.first = built.get(target)?.version ?? '';
  }

  async install(): Promise<void> {
    const { machine, target } = this;
    answerAsUsual(machine);
    // A machine that Wine has lost is followed by another.
    this.organisationId = await world.organisation(`Windows ${target} ${(machines += 1)}`);
    machine.write('C:\\given\\enrolment.txt', await world.installKey(this.organisationId));
    machine.copyIn(built.get(target)?.msi ?? '', 'C:\\given\\agent.msi');
    const install = ['msiexec', '/i', 'C:\\given\\agent.msi', '/qn', 'ENROLMENTFILE=C:\\given\\enrolment.txt'];
    expect((await machine.run(install)).code).toBe(0);
    await this.until('enrolled', async () => {
      const devices = world.store.read.selectFrom('devices').select(['device_id', 'agent_version']);
      const row = await devices.where('organisation_id', '=', this.organisationId).executeTakeFirst();
      this.deviceId = row?.device_id ?? '';
      return row?.agent_version === this.first;
    });
  }

  order(order: Omit<Order, 'target'>): Promise<void> {
    return orderUpdate(world, this, { target: this.target, ...order });
  }

  /** How that order of a version ended, as the console has been told; 1 is the first. */
  async ended(version: string, which = 1): Promise<End | undefined> {
    const ends = async (): Promise<readonly End[]> => endsOf(world, this.deviceId, version);
    await this.until(`end ${which} of ${version}`, async () => (await ends()).length >= which);
    return (await ends())[which - 1];
  }

  async until(what: string, reached: () => Promise<boolean>, limitMs = withinMs): Promise<void> {
    for (const deadline = performance.now() + limitMs; !(await reached()); await pause(200)) {
      this.machine.requireAlive();
      if (performance.now() > deadline) throw new Error(`${what}: not in time\n${this.log().slice(-8_000)}`);
    }
  }

  line(name: string): string {
    return this.machine.read(`${root}\\${name}`).trim();
  }

  log(): string {
    return this.machine.read(`${root}\\State\\Log\\service.log`);
  }

  /** Versions that the host has started, in order. */
  started(): readonly string[] {
    return [...this.log().matchAll(/service host: started the agent","version":"([^"]+)"/g)].map(
      (found) => found[1] ?? '',
    );
  }

  async sc(verb: 'stop' | 'start', reached: string): Promise<void> {
    await this.machine.run(['sc', verb, 'GarrisonAgent']);
    await this.until(`the service ${reached}`, async () =>
      (await this.machine.run(['sc', 'query', 'GarrisonAgent'])).stdout.includes(reached),
    );
  }

  versions(): readonly string[] {
    return readdirSync(this.machine.pathOnHost(`${root}\\versions`)).toSorted();
  }

  notes(): readonly string[] {
    return ['trial', 'fallback'].filter((name) => this.machine.exists(`${root}\\${name}`));
  }
}

function onWindows(windows: 'x64' | 'x86', work: (device: Device) => Promise<void>): Promise<void> {
  const start = async () => {
    const machine = await startWindows(`update-${windows}`, windows);
    return { machine, stop: () => machine.stop() };
  };
  return onWine(start, async ({ machine }) => {
    const device = new Device(machine, `windows-${windows}`);
    await device.install();
    await work(device);
  });
}

test.concurrent('64-bit Windows: bad versions are refused or come back with the cause; good ones stay, the oldest goes; G15: no way back without consent', async () => {
  await onWindows('x64', async (device) => {
    const { first, target } = device;
    const crashing = badAgent(target, '0.2.3+test-trust', 3);

    await device.order({ version: '0.2.1+test-trust', program: Buffer.from('no program at all\n') });
    expect(await device.ended('0.2.1+test-trust')).toEqual({ state: 'failed', code: 'update.does-not-start' });
    await device.order({ version: '0.2.2+test-trust', program: crashing, key: generateSigningKey() });
    expect(await device.ended('0.2.2+test-trust')).toEqual({ state: 'failed', code: 'release.untrusted' });
    expect(device.started()).toEqual([first]);
    expect(device.versions()).toEqual([first]);

    const orderedMs = performance.now();
    await device.order({ version: '0.2.3+test-trust', program: crashing });
    expect(await device.ended('0.2.3+test-trust')).toEqual({ state: 'failed', code: 'update.crashed' });
    expect(performance.now() - orderedMs).toBeLessThan(90_000);
    expect(device.started()).toEqual([first, ...Array<string>(3).fill('0.2.3+test-trust'), first]);
    expect([device.line('current'), device.versions(), device.notes()]).toEqual([first, [first], []]);
    await device.order({ version: '0.2.3+test-trust', program: crashing });
    expect(await device.ended('0.2.3+test-trust', 2)).toEqual({ state: 'failed', code: 'update.failed-here' });

    for (const version of ['0.3.0', '0.4.0']) {
      const next = await buildAgent({ target, trust: 'test', testKeys: null, version });
      await device.order({ version: next.version, program: readFileSync(next.file) });
      expect(await device.ended(next.version)).toEqual({ state: 'done', code: null });
      expect([device.line('current'), device.started().at(-1), device.notes()]).toEqual([
        next.version,
        next.version,
        [],
      ]);
    }
    expect(device.versions()).toEqual(['0.3.0+test-trust', '0.4.0+test-trust']);

    // G15: back behind what has proved itself, and behind the package, only when operator and release both want it.
    const older = await buildAgent({ target, trust: 'test', testKeys: null, version: '0.0.9' });
    const back = { version: older.version, program: readFileSync(older.file) };
    const from = '0.4.0+test-trust';
    await device.order({ ...back, downgrade: true });
    expect(await device.ended(back.version)).toEqual({ state: 'failed', code: 'update.older' });
    await device.order({ ...back, change: { replaces: [from] } });
    expect(await device.ended(back.version, 2)).toEqual({ state: 'failed', code: 'update.older' });
    expect(device.started().at(-1)).toBe(from);
    await device.order({ ...back, change: { replaces: [from] }, downgrade: true });
    expect(await device.ended(back.version, 3)).toEqual({ state: 'done', code: null });
    expect([device.line('current'), device.line('packaged')]).toEqual([back.version, first]);
    await device.sc('stop', 'STOPPED');
    await device.sc('start', 'RUNNING');
    await device.until('started anew', async () => device.started().at(-1) === back.version);
    expect(device.line('current')).toBe(back.version);
  });
});

test.concurrent('32-bit Windows: one that cannot reach the console is back in time with the cause', async () => {
  await onWindows('x86', async (device) => {
    const { first, target } = device;
    const version = '0.2.4+test-trust';
    await device.order({ version, program: badAgent(target, version, null) });
    await device.until('its start', async () => device.started().at(-1) === version);
    const beganMs = performance.now();
    await device.until('the version before', async () => device.started().at(-1) === first, 100_000);
    expect(performance.now() - beganMs).toBeLessThan(90_000);
    expect(await device.ended(version)).toEqual({ state: 'failed', code: 'update.silent' });
    expect([device.line('current'), device.versions(), device.notes()]).toEqual([first, [first], []]);
    await byHand(device);
  });
});

/** What an administrator calls, with the service and without it. */
async function byHand(device: Device): Promise<void> {
  const { machine, first } = device;
  const agent = (...args: readonly string[]) =>
    machine.run([`${root}\\versions\\${first}\\garrison-agent.exe`, ...args]);
  const made = await agent('diagnose', '--json');
  expect(made.code, made.stderr).toBe(0);
  const { path } = JSON.parse(made.stdout) as { path: string };
  const archive = gunzipSync(readFileSync(machine.pathOnHost(path))).toString('latin1');
  expect(archive).toContain('service-log.txt');
  expect(archive).toContain('service host: the new version has failed, back to the previous one');

  // `once` while the service does its work, and in its place: no site is chosen for this organisation.
  expect((await agent('once', '--json')).code).toBe(20);
  await device.sc('stop', 'STOPPED');
  const once = await agent('once', '--json', '--quiet');
  expect(JSON.parse(once.stdout), once.stderr).toMatchObject({ exitCode: 14, outcome: 'not-assigned', told: true });
  expect(once.code).toBe(14);
}
