/** Spreading a version of the agent, whatever the database: rings, halt, resume, and who may. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '#protocol/commands.ts';
import { agentVersionRoutes, rolloutPlanSchema, type Rollout } from '#console/api/agent-versions.ts';
import { importRelease } from '#console/releases/import-release.ts';
import type { Store } from '#console/store/store.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient, Problem } from '#test/worlds/fleet/operator.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';
import { release, writeRelease } from '#test/worlds/release/release.ts';

const password = 'correct horse battery';
const version = '0.2.0';
const fleetSize = 20;

export function ringsContract(name: string, open: () => Promise<Store>): void {
  describe(`versions of the agent on ${name}`, { timeout: 120_000 }, () => {
    let world: ConsoleWorld;
    let admin: OperatorClient;
    let organisationId: string;
    let devices: SimulatedDevice[];
    /** Devices that were told, in that order. */
    let told: SimulatedDevice[];
    let ending: (device: SimulatedDevice) => 'done' | 'returned' | 'inconclusive' | 'away';
    const folder = mkdtempSync(join(tmpdir(), 'garrison-rings-'));

    beforeEach(async () => {
      world = await ConsoleWorld.start({ open });
      await world.administrator('ann', password);
      admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      organisationId = await world.organisation('Bakery');
      devices = [];
      told = [];
      ending = () => 'done';
      const key = await world.installKey(organisationId);
      for (let index = 0; index < fleetSize; index += 1) {
        const machine = { hostname: `pc-${index}` };
        const device = simulatedDevice(world.app, key, { now: () => world.nowMs, machine, address: `10.0.0.${index}` });
        await device.enrol();
        await device.checkIn();
        devices.push(device);
      }
      await imported(version);
    });
    afterEach(async () => {
      await world.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    async function imported(wanted: string): Promise<void> {
      const files = new Map([['garrison-agent-linux-x64', Buffer.from('agent')]]);
      writeRelease(folder, files, release({ version: wanted }));
      const keys = [testReleaseKey.publicKey];
      await importRelease({ from: folder, to: join(world.directory, 'releases'), keys, nowMs: world.nowMs });
    }

    const params = () => ({ organisationId });
    const plan = (change: object) => rolloutPlanSchema.parse({ steps: [100], ...change });

    async function start(change: object, body: object = {}): Promise<void> {
      const { devices: count } = await admin.call(agentVersionRoutes.preview, { params: params(), query: { version } });
      await admin.call(agentVersionRoutes.start, {
        params: params(),
        body: { version, plan: plan(change), devices: count, ...body },
      });
    }

    async function shown(): Promise<Rollout | undefined> {
      return (await admin.call(agentVersionRoutes.read)).rollouts[0];
    }

    /** The console sweeps, and every device that is told does what it does; until nothing moves any more. */
    async function settle(): Promise<void> {
      for (let round = 0; round < 6; round += 1) {
        await world.sweep();
        for (const device of devices) await obey(device);
      }
      await world.sweep();
    }

    async function obey(device: SimulatedDevice): Promise<void> {
      const { commands } = await device.commands();
      for (const command of commands.filter(({ verb }) => verb === 'update-self')) await update(device, command);
    }

    async function update(device: SimulatedDevice, { commandId, update: wanted }: Command): Promise<void> {
      if (told.includes(device) || wanted === undefined) return;
      told.push(device);
      const result = ending(device);
      if (result === 'away') return;
      const from = device.agentVersion;
      const fault =
        result === 'done' ? null : { code: 'update.silent' as const, detail: 'as the test wants', context: {} };
      device.record('command-executed', { commandId, verb: 'update-self', result: 'done', fault: null });
      if (result === 'done') device.agentVersion = wanted.version;
      device.record('agent-update', { from, version: wanted.version, result, fault });
      await device.checkIn();
    }

    it('a device is told the version, the digest of its signed manifest, and gets both', async () => {
      await start({});
      await world.sweep();
      const [device] = devices;
      const { commands } = (await device?.commands()) ?? { commands: [] };
      const held = await world.side.releases.find(version);
      expect(commands[0]).toMatchObject({
        verb: 'update-self',
        update: { version, manifest: held?.manifest.sha256, downgrade: false },
      });
    });

    it('goes to the named devices, then to so many per cent, then to all', async () => {
      const canaries = devices.slice(3, 5).map(({ deviceId }) => deviceId);
      const reached: (number | undefined)[] = [];
      ending = () => {
        reached.push(told.length);
        return 'done';
      };
      await start({ canaries, steps: [25, 100] });
      await world.sweep();
      for (const device of devices) await obey(device);
      expect(told.map(({ deviceId }) => deviceId).sort()).toEqual([...canaries].sort());
      await world.sweep();
      await world.sweep();
      for (const device of devices) await obey(device);
      expect(told).toHaveLength(5);
      await settle();
      expect(told).toHaveLength(fleetSize);
      expect(await shown()).toMatchObject({ state: 'done', done: fleetSize, failed: 0 });
      const { versions } = await admin.call(agentVersionRoutes.read);
      expect(versions).toEqual([{ version, devices: fleetSize }]);
    });

    it('tells nobody twice, whoever sweeps', async () => {
      await start({});
      await Promise.all([world.sweep(), world.sweep(), world.sweep()]);
      for (const device of devices) {
        const { commands } = await device.commands();
        expect(commands.filter(({ verb }) => verb === 'update-self')).toHaveLength(1);
      }
    });

    it('halts by itself on a failure rate, says why, and goes on by approval of what was seen', async () => {
      ending = () => 'returned';
      await start({ steps: [20, 100], haltPercent: 20, haltFailuresMin: 2 });
      await settle();
      expect(told).toHaveLength(4);
      expect(await shown()).toMatchObject({ state: 'halted', failed: 4, haltCause: expect.stringContaining('failed') });
      const { failures } = await admin.call(agentVersionRoutes.read);
      expect(failures).toHaveLength(4);
      expect(failures[0]).toMatchObject({ code: 'update.silent', version });
      await expect(
        admin.call(agentVersionRoutes.resume, { params: params(), body: { failed: 3 } }),
      ).rejects.toMatchObject({
        code: 'request.conflict',
      });
      ending = () => 'done';
      await admin.call(agentVersionRoutes.resume, { params: params(), body: { failed: 4 } });
      await settle();
      expect(told).toHaveLength(fleetSize);
      expect(await shown()).toMatchObject({ state: 'done', done: fleetSize - 4, failed: 4 });
    });

    it('goes on after a halt also where some updates told nothing about the version', async () => {
      ending = (device) => (told.indexOf(device) % 2 === 0 ? 'returned' : 'inconclusive');
      await start({ steps: [20, 100], haltPercent: 20, haltFailuresMin: 2 });
      await settle();
      const halted = await shown();
      expect(halted).toMatchObject({ state: 'halted', failed: 2, inconclusive: 2 });
      ending = () => 'done';
      await admin.call(agentVersionRoutes.resume, { params: params(), body: { failed: halted?.failed ?? 0 } });
      await settle();
      expect(await shown()).toMatchObject({ state: 'done', done: fleetSize - 4, underWay: 0 });
    });

    it('an update that tells nothing about the version halts nothing', async () => {
      ending = (device) => (device === devices[0] ? 'inconclusive' : 'done');
      await start({ haltFailuresMin: 1, haltPercent: 1 });
      await settle();
      expect(await shown()).toMatchObject({ state: 'done' });
    });

    it('a device that is away holds a step up for a day, and no longer when most of it has ended', async () => {
      const away = devices[0];
      ending = (device) => (device === away ? 'away' : 'done');
      const first = devices.slice(0, 6).map(({ deviceId }) => deviceId);
      await start({ canaries: first, steps: [100] });
      await settle();
      expect(told).toHaveLength(6);
      world.nowMs += 25 * 3_600_000;
      for (const device of devices) {
        await device.connect();
        await device.checkIn();
      }
      await world.side.memory.flush();
      admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      await settle();
      expect(told).toHaveLength(fleetSize);
      expect(await shown()).toMatchObject({ state: 'running', underWay: 1 });
    });

    it('stops: no further device is told', async () => {
      await start({ steps: [10, 100] });
      await world.sweep();
      await admin.call(agentVersionRoutes.stop, { params: params() });
      await settle();
      expect(told).toHaveLength(2);
      expect(await shown()).toMatchObject({ state: 'stopped' });
    });

    it('is stopped whatever it was at, and once; and no other begins over one that has not ended', async () => {
      ending = () => 'returned';
      await start({ steps: [20, 100], haltPercent: 20, haltFailuresMin: 2 });
      await expect(start({})).rejects.toMatchObject({ code: 'request.conflict' });
      await settle();
      expect(await shown()).toMatchObject({ state: 'halted' });
      await expect(start({})).rejects.toMatchObject({ code: 'request.conflict' });
      const stop = () => admin.call(agentVersionRoutes.stop, { params: params() });
      await stop();
      await expect(stop()).rejects.toMatchObject({ code: 'request.conflict' });
      expect(await shown()).toMatchObject({ state: 'stopped', failed: 4 });
      ending = () => 'done';
      told = [];
      await start({});
      await settle();
      expect(await shown()).toMatchObject({ state: 'done', done: fleetSize, failed: 0 });
      await expect(stop()).rejects.toMatchObject({ code: 'request.conflict' });
    });

    it('G15: goes to no older version unless an operator agrees, and the device hears that he did', async () => {
      for (const device of devices) {
        device.agentVersion = '0.3.0';
        await device.checkIn();
      }
      const preview = (downgrade: string) =>
        admin.call(agentVersionRoutes.preview, { params: params(), query: { version, downgrade } });
      expect(await preview('false')).toEqual({ devices: 0, first: { devices: 0, away: 0, named: [] } });
      expect(await preview('true')).toMatchObject({ devices: fleetSize, first: { devices: fleetSize, away: 0 } });
      const body = { version, plan: plan({}), devices: fleetSize };
      await expect(admin.call(agentVersionRoutes.start, { params: params(), body })).rejects.toThrow(Problem);
      await admin.call(agentVersionRoutes.start, { params: params(), body: { ...body, downgrade: true } });
      await world.sweep();
      const { commands } = (await devices[0]?.commands()) ?? { commands: [] };
      expect(commands[0]?.update?.downgrade).toBe(true);
    });

    it('starts only with a release that was imported, and with as many devices as were shown', async () => {
      const body = { version, plan: plan({}), devices: fleetSize };
      const startWith = (change: object) =>
        admin.call(agentVersionRoutes.start, { params: params(), body: { ...body, ...change } });
      await expect(startWith({ version: '0.9.0' })).rejects.toMatchObject({ code: 'not-found' });
      await expect(startWith({ devices: 3 })).rejects.toMatchObject({ code: 'request.conflict' });
      await expect(startWith({ plan: { steps: [50, 20] } })).rejects.toMatchObject({ code: 'request.invalid' });
    });

    it('says whom the first step reaches, and tells exactly those', async () => {
      const { current } = (await admin.call(agentVersionRoutes.read)).releases[0] ?? { current: false };
      const query = { version, firstPercent: 20 };
      const { first } = await admin.call(agentVersionRoutes.preview, { params: params(), query });
      expect([current, first.devices, first.named.length, first.away]).toEqual([true, fleetSize / 5, fleetSize / 5, 0]);
      await start({ steps: [20, 100] });
      await world.sweep();
      const rows = await world.store.read.selectFrom('agent_updates').select('device_id').execute();
      const told = rows.map((row) => row.device_id).toSorted();
      expect(told).toEqual(first.named.map(({ deviceId }) => deviceId).toSorted());
    });

    it('G9: another organisation is neither seen nor touched', async () => {
      const other = await world.organisation('Foundry');
      await start({});
      await expect(admin.call(agentVersionRoutes.stop, { params: { organisationId: other } })).rejects.toMatchObject({
        code: 'not-found',
      });
      expect(await shown()).toMatchObject({ organisationId, state: 'running' });
    });
  });
}
