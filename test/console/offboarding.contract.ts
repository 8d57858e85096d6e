/** An organisation leaves, whatever the database: who is told, how fast, and what ends at once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { offboardingRoutes } from '#console/api/offboarding.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { removalsPerHourMax } from '#console/fleet/membership/revocation.ts';
import type { Store } from '#console/store/store.ts';
import type { Command } from '#protocol/commands.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { Refused, simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { refusal } from '#test/worlds/fleet/operated.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
const hourMs = 3_600_000;

export function offboardingContract(name: string, open: () => Promise<Store>): void {
  describe(`an organisation that leaves, on ${name}`, () => {
    let world: ConsoleWorld;
    let admin: OperatorClient;
    let bakery: string;
    let key: string;

    beforeEach(async () => {
      world = await ConsoleWorld.start({ open });
      await world.administrator('ann', password);
      admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      bakery = await world.organisation('Bakery');
      key = await world.installKey(bakery);
    });
    afterEach(() => world.stop());

    async function enrolled(enrolmentString = key): Promise<SimulatedDevice> {
      const device = simulatedDevice(world.app, enrolmentString, { now: () => world.nowMs });
      await device.enrol();
      await device.checkIn();
      return device;
    }
    const params = () => ({ organisationId: bakery });
    const start = async (body: object = {}): Promise<void> => {
      const { devices } = await admin.call(offboardingRoutes.preview, { params: params() });
      await admin.call(offboardingRoutes.start, { params: params(), body: { devices, ...body } });
    };
    const shown = async () => (await admin.call(offboardingRoutes.list)).items[0];
    const told = async (device: SimulatedDevice): Promise<Command | null> =>
      (await device.commands()).commands[0] ?? null;

    /** As an agent does: says that it leaves, and is gone. */
    async function leave(device: SimulatedDevice): Promise<void> {
      device.record('unenrolled', { by: 'console' });
      await device.checkIn();
    }
    const audited = async (action: string): Promise<number> =>
      (await world.store.read.selectFrom('audit').select('number').where('action', '=', action).execute()).length;
    /** Operators are signed out by then. */
    const pass = async (ms: number): Promise<void> => {
      world.nowMs += ms;
      await admin.signIn('ann', password);
    };

    it('G19: each device is told once, by a command for it alone, so many an hour and no more', async () => {
      const devices = await Promise.all(Array.from({ length: 5 }, () => enrolled()));
      await start({ perHourMax: 2 });
      const first = await Promise.all(devices.map(told));
      const ordered = first.filter((command) => command !== null);
      expect(ordered).toHaveLength(2);
      for (const command of ordered) {
        expect(command).toMatchObject({ verb: 'unenrol', consoleId: 'con_test' });
        expect(command.removeService).toBe(false);
      }
      expect(new Set(ordered.map((command) => command.deviceId)).size).toBe(2);
      for (const device of devices) {
        device.after = 0;
        const again = await told(device);
        expect(again === null || ordered.some((command) => command.commandId === again.commandId)).toBe(true);
      }
      for (const device of devices.filter((one) => ordered.some((command) => command.deviceId === one.deviceId)))
        await leave(device);
      expect(await shown()).toMatchObject({ state: 'running', devices: 5, remaining: 3 });
      await pass(hourMs);
      const rest = devices.filter((one) => !ordered.some((command) => command.deviceId === one.deviceId));
      for (const device of rest) device.session = null;
      expect((await Promise.all(rest.map(told))).filter((command) => command !== null)).toHaveLength(2);
    });

    it('also those that are away now, when they call; the last one ends it; every leave is written down', async () => {
      const here = await enrolled();
      const away = await enrolled();
      await start();
      expect((await told(here))?.verb).toBe('unenrol');
      await leave(here);
      await expect(here.checkIn()).rejects.toMatchObject({ code: 'identity.revoked' });
      await pass(40 * 24 * hourMs);
      expect(await shown()).toMatchObject({ state: 'running', devices: 2, remaining: 1, silent: 1 });
      away.session = null;
      expect((await told(away))?.verb).toBe('unenrol');
      await leave(away);
      expect(await shown()).toMatchObject({ state: 'done', remaining: 0 });
      expect(await audited('device.left')).toBe(2);
      expect([await audited('offboarding.started'), await audited('offboarding.done')]).toEqual([1, 1]);
    });

    it('a device that waits for commands is told at once', async () => {
      const device = await enrolled();
      const held = device.commands(60);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await start({ removeService: true });
      expect((await held).commands).toMatchObject([{ verb: 'unenrol', removeService: true }]);
    });

    it('its install keys end at once, no new one is made, nothing is installed any more', async () => {
      await world.mapped(bakery);
      await world.mode(bakery, 'deploy');
      const device = await enrolled();
      await start();
      await expect(enrolled()).rejects.toMatchObject({ code: 'enrol.key-refused' });
      expect(await refusal(admin.call(enrolmentKeyRoutes.create, { body: params() }))).toBe('409 request.conflict');
      expect((await admin.call(organisationRoutes.read, { params: params() })).mode).toBe('paused');
      await device.checkIn();
      expect(device.assignment?.mode).toBe('paused');
    });

    it('called off: nobody is told any more, and what was told and not done is void', async () => {
      const devices = await Promise.all(Array.from({ length: 3 }, () => enrolled()));
      const [gone, told1, later] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice];
      await start();
      await told(gone);
      await leave(gone);
      await told(told1);
      await admin.call(offboardingRoutes.cancel, { params: params() });
      told1.after = 0;
      expect([await told(told1), await told(later)]).toEqual([null, null]);
      await told1.checkIn();
      await expect(gone.checkIn()).rejects.toMatchObject({ code: 'identity.revoked' });
      expect(await shown()).toMatchObject({ state: 'cancelled' });
      expect(await refusal(admin.call(offboardingRoutes.cancel, { params: params() }))).toBe('409 request.conflict');
    });

    it('only as counted, once at a time, and no other organisation', async () => {
      const forge = await world.organisation('Forge');
      const other = await enrolled(await world.installKey(forge));
      await enrolled();
      expect(await refusal(admin.call(offboardingRoutes.start, { params: params(), body: { devices: 7 } }))).toBe(
        '409 request.conflict',
      );
      await start();
      expect(await refusal(start())).toBe('409 request.conflict');
      expect(await told(other)).toBeNull();
      await other.checkIn();
      expect(await refusal(admin.call(offboardingRoutes.preview, { params: { organisationId: 'org_none' } }))).toBe(
        '404 not-found',
      );
    });

    it('G19: single removals are limited per hour, too', async () => {
      const rest = await Promise.all([enrolled(), enrolled()]);
      const columns = { revoked_at: world.nowMs - 1_000 };
      const made = await Promise.all(Array.from({ length: removalsPerHourMax - 1 }, () => enrolled()));
      const ids = made.map((device) => device.deviceId);
      await world.store.write((db) => db.updateTable('devices').set(columns).where('device_id', 'in', ids).execute());
      const remove = (device?: SimulatedDevice) =>
        refusal(admin.call(deviceRoutes.remove, { params: { deviceId: device?.deviceId ?? '' } }));
      expect([await remove(rest[0]), await remove(rest[1])]).toEqual(['no refusal', '429 rate-limited']);
      await pass(hourMs);
      expect(await remove(rest[1])).toBe('no refusal');
    });

    it('a device that never asked to leave is believed when it does', async () => {
      const device = await enrolled();
      await leave(device);
      const error: unknown = await device.checkIn().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Refused);
      expect(await audited('device.left')).toBe(1);
    });
  });
}
