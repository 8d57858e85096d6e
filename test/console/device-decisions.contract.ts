/** What operators decide about who a device is and where it belongs, whatever the database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceDecisionRoutes } from '#console/api/device-decisions.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { exceptionRoutes } from '#console/api/exceptions.ts';
import { overdueAfterMs } from '#console/fleet/lists/shown.ts';
import { lateRequestMs } from '#console/fleet/link/twins.ts';
import { tablesLeftBehind, tablesOfDevice } from '#console/store/devices/device-identity.ts';
import type { Store } from '#console/store/store.ts';
import { readEnrolmentString } from '#protocol/enrolment.ts';
import { openEnvelope, type Envelope } from '#protocol/envelope.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { Refused, simulatedDevice, type SimulatedDevice, type SimulatedOptions } from '#test/worlds/fleet/device.ts';
import { readyReport } from '#test/worlds/fleet/estate.ts';
import { refusal } from '#test/worlds/fleet/operated.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
/** Longer than a device may be silent before it is shown as not reporting, shorter than an operator's session. */
const silenceMs = 3 * overdueAfterMs;

/** The same disk in a second machine: keys, identity and place in every count, but sessions of its own. */
function copyOf(device: SimulatedDevice): SimulatedDevice {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(device) as object) as SimulatedDevice, device);
  copy.session = null;
  copy.events = [...device.events];
  return copy;
}

async function refusedAs(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'taken',
    (error: unknown) => (error instanceof Refused ? error.code : String(error)),
  );
}

export function deviceDecisionsContract(name: string, open: () => Promise<Store>): void {
  describe(`decisions about devices on ${name}`, () => {
    let world: ConsoleWorld;
    let admin: OperatorClient;
    let bakery: string;
    let forge: string;

    beforeEach(async () => {
      world = await ConsoleWorld.start({ open });
      await world.administrator('ann', password);
      admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      bakery = await world.organisation('Bakery');
      forge = await world.organisation('Forge');
    });
    afterEach(() => world.stop());

    async function enrolled(organisationId: string, options: SimulatedOptions & { key?: object } = {}) {
      const { key, ...rest } = options;
      world.nowMs += 1_000;
      const made = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId, ...key } });
      const device = simulatedDevice(world.app, made.enrolmentString, { now: () => world.nowMs, ...rest });
      device.report = readyReport;
      await device.enrol();
      await device.checkIn();
      return device;
    }
    const toDecide = async () => (await admin.call(deviceDecisionRoutes.list)).items;
    const shown = async (organisationId: string) =>
      (await admin.call(deviceRoutes.list, { query: { organisationId } })).items.map((row) => row.deviceId);
    const audited = async (deviceId: string) =>
      (
        await world.store.read
          .selectFrom('audit')
          .select('action')
          .where('subject', '=', deviceId)
          .orderBy('number')
          .execute()
      ).map((row) => row.action);
    const one = (device: SimulatedDevice) => ({ params: { deviceId: device.deviceId } });

    describe('approval', () => {
      it('a device whose key asks for it gets nothing before somebody approves it', async () => {
        await world.mapped(bakery);
        await world.mode(bakery, 'deploy');
        const device = await enrolled(bakery, { key: { approval: true } });
        expect(device.assignment).toBeNull();
        expect(await refusedAs(device.siteToken(1))).toBe('assignment.older');
        expect(await refusal(admin.call(deviceRoutes.command, { ...one(device), body: { verb: 'check' } }))).toBe(
          '409 request.conflict',
        );
        expect(await toDecide()).toMatchObject([
          { deviceId: device.deviceId, kind: 'pending', organisationName: 'Bakery' },
        ]);
        const held = device.commands(60);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await admin.call(deviceDecisionRoutes.approve, one(device));
        expect(await held).toEqual({ commands: [], checkIn: true });
        device.session = null;
        await device.checkIn();
        expect(device.assignment?.mode).toBe('deploy');
        expect(await toDecide()).toEqual([]);
        expect(await refusal(admin.call(deviceDecisionRoutes.approve, one(device)))).toBe('409 request.conflict');
        expect(await audited(device.deviceId)).toEqual(['device.enrolled', 'device.approved']);
      });
    });

    describe('G14: two live machines under one identity', () => {
      let device: SimulatedDevice;
      let twin: SimulatedDevice;
      beforeEach(async () => {
        await world.mapped(bakery);
        await world.mode(bakery, 'deploy');
        device = await enrolled(bakery);
        twin = copyOf(device);
        await twin.checkIn();
        world.nowMs += lateRequestMs + 1_000;
        await device.checkIn();
      });

      it('are noticed by their sessions, even with the same fingerprint, and get nothing secret', async () => {
        expect(await toDecide()).toMatchObject([{ deviceId: device.deviceId, kind: 'duplicate' }]);
        for (const machine of [device, twin]) {
          machine.assignment = null;
          expect((await machine.checkIn()).assignment).toBeUndefined();
          expect(await refusedAs(machine.siteToken(1))).toBe('identity.duplicate');
          expect(await machine.commands()).toEqual({ commands: [], checkIn: false });
        }
        expect(await refusal(admin.call(deviceRoutes.command, { ...one(device), body: { verb: 'retry' } }))).toBe(
          '409 request.conflict',
        );
        expect(await audited(device.deviceId)).toContain('device.duplicate-identity');
      });

      it('"new device": both are told to come in anew, by a signed command to this identity alone', async () => {
        await admin.call(deviceDecisionRoutes.decide, { ...one(device), body: { decision: 'new-device' } });
        for (const machine of [device, twin]) {
          const error: unknown = await machine.checkIn().catch((thrown: unknown) => thrown);
          expect(error).toMatchObject({ code: 'identity.revoked' });
          const opened = openEnvelope(
            'command',
            (error as { revocation: Envelope }).revocation,
            machine.keySet?.signingKeys ?? [],
          );
          expect(opened).toMatchObject({
            ok: true,
            value: { verb: 'unenrol', deviceId: device.deviceId, enrolAgain: true },
          });
        }
        expect(await shown(bakery)).toEqual([]);
        expect(await audited(device.deviceId)).toContain('device.separated');
        expect(
          await refusal(admin.call(deviceDecisionRoutes.decide, { ...one(device), body: { decision: 'new-device' } })),
        ).toBe('404 not-found');
      });

      it('"replaces": the one that is left goes on; a second one that lives after all is noticed again', async () => {
        await admin.call(deviceDecisionRoutes.decide, { ...one(device), body: { decision: 'replaces' } });
        expect(
          await refusedAs(
            device
              .send('GET', '/agent/commands?after=0&wait=0')
              .then((answer) => (answer.status === 401 ? Promise.reject(new Refused('', answer)) : answer)),
          ),
        ).toBe('auth.session-expired');
        device.session = null;
        device.assignment = null;
        await device.checkIn();
        expect(device.assignment).not.toBeNull();
        expect(await toDecide()).toEqual([]);
        twin.session = null;
        await twin.checkIn();
        world.nowMs += lateRequestMs + 1_000;
        await device.checkIn();
        expect(await toDecide()).toMatchObject([{ kind: 'duplicate' }]);
      });
    });

    it('one machine that starts over, renews its session and has late requests is no twin', async () => {
      const device = await enrolled(bakery);
      const late = device.session;
      for (let start = 0; start < 6; start += 1) {
        device.session = null;
        await device.checkIn();
        world.nowMs += lateRequestMs + 1_000;
      }
      device.session = null;
      await device.checkIn();
      const before = device.session;
      device.session = null;
      await device.checkIn();
      const after = device.session;
      device.session = before;
      await device.checkIn();
      device.session = after;
      world.nowMs += lateRequestMs + 1_000;
      await device.checkIn();
      expect(late).not.toBe(after);
      expect(await toDecide()).toEqual([]);
    });

    describe('G14: a second identity on one machine', () => {
      const same = { fingerprint: 'f'.repeat(64) };

      it('"replaces" retires the earlier device with its history; "new device" keeps both', async () => {
        const first = await enrolled(bakery, same);
        const second = await enrolled(bakery, same);
        const third = await enrolled(bakery, same);
        expect(await toDecide()).toMatchObject([
          { deviceId: second.deviceId, kind: 'same-hardware', earlier: { deviceId: first.deviceId } },
          { deviceId: third.deviceId, kind: 'same-hardware' },
        ]);
        await admin.call(deviceDecisionRoutes.decide, { ...one(second), body: { decision: 'replaces' } });
        await admin.call(deviceDecisionRoutes.decide, { ...one(third), body: { decision: 'new-device' } });
        expect(await toDecide()).toEqual([]);
        expect((await shown(bakery)).toSorted()).toEqual([second.deviceId, third.deviceId].toSorted());
        const detail = await admin.call(deviceRoutes.read, one(first));
        expect(detail.retiredAt).not.toBeNull();
      });
    });

    describe('retiring', () => {
      it('takes what is silent out of lists and counts, keeps its history, and it comes back when it calls', async () => {
        const gone = await enrolled(bakery);
        gone.record('retry-requested', { by: 'local', commandId: null });
        await gone.checkIn();
        const which = { filter: { organisationId: bakery } };
        world.nowMs += silenceMs;
        const alive = await enrolled(bakery);
        expect(await admin.call(deviceDecisionRoutes.previewRetire, { body: { which } })).toEqual({
          matching: 2,
          retires: 1,
          left: 0,
          reporting: 1,
        });
        expect(await refusal(admin.call(deviceDecisionRoutes.retire, { body: { which, devices: 2 } }))).toBe(
          '409 request.conflict',
        );
        expect(await admin.call(deviceDecisionRoutes.retire, { body: { which, devices: 1 } })).toEqual({ devices: 1 });
        expect(await shown(bakery)).toEqual([alive.deviceId]);
        expect((await admin.call(deviceRoutes.counts)).devices).toBe(1);
        expect((await admin.call(deviceDecisionRoutes.retired)).items).toMatchObject([{ deviceId: gone.deviceId }]);
        expect((await admin.call(deviceRoutes.timeline, one(gone))).items).toHaveLength(1);
        gone.session = null;
        await gone.checkIn();
        expect(await shown(bakery)).toHaveLength(2);
        expect(await audited(gone.deviceId)).toEqual(['device.enrolled', 'device.retired', 'device.came-back']);
      });

      it('is undone by hand, too', async () => {
        const gone = await enrolled(bakery);
        world.nowMs += silenceMs;
        await admin.call(deviceDecisionRoutes.retire, { body: { which: { deviceIds: [gone.deviceId] }, devices: 1 } });
        await admin.call(deviceDecisionRoutes.bringBack, one(gone));
        expect(await shown(bakery)).toEqual([gone.deviceId]);
        expect(await refusal(admin.call(deviceDecisionRoutes.bringBack, one(gone)))).toBe('409 request.conflict');
      });
    });

    describe('moving', () => {
      const to = () => ({ organisationId: forge });

      it('shows what it means, then takes device and history along; what was decided for it stays behind', async () => {
        await world.mapped(forge);
        await world.mode(forge, 'deploy');
        const device = await enrolled(bakery);
        device.record('retry-requested', { by: 'local', commandId: null });
        await device.checkIn();
        const number = device.assignment?.number ?? 0;
        await admin.call(exceptionRoutes.add, {
          body: {
            scope: { kind: 'device', deviceId: device.deviceId },
            subject: { kind: 'product', productId: 'clamav' },
            reason: 'mail',
            days: 7,
          },
        });
        await admin.call(deviceRoutes.command, { ...one(device), body: { verb: 'check' } });
        const told = { device_id: device.deviceId, organisation_id: bakery, version: '0.2.0', ordered_at: 1 };
        const ended = { ended_at: null, fault: null };
        await world.store.write((db) =>
          db
            .insertInto('agent_updates')
            .values([
              { ...told, ...ended, rollout_id: 'one', state: 'ordered' },
              { ...told, ...ended, rollout_id: 'two', state: 'done' },
            ])
            .execute(),
        );
        const which = { deviceIds: [device.deviceId] };
        expect(await admin.call(deviceDecisionRoutes.previewMove, { body: { which, ...to() } })).toMatchObject({
          matching: 1,
          moves: 1,
          there: 0,
          installing: 0,
          withProduct: 0,
          exceptions: 1,
          to: { organisationName: 'Forge', mode: 'deploy', siteName: 'Default site' },
        });
        await admin.call(deviceDecisionRoutes.move, { body: { which, ...to(), devices: 1 } });
        expect(await shown(bakery)).toEqual([]);
        expect(await shown(forge)).toEqual([device.deviceId]);
        device.session = null;
        await device.checkIn();
        expect(device.assignment).toMatchObject({ organisationId: forge, mode: 'deploy' });
        expect(device.assignment?.number).toBeGreaterThan(number);
        expect(await device.commands()).toMatchObject({ commands: [] });
        const updates = await world.store.read.selectFrom('agent_updates').selectAll().execute();
        expect(updates).toMatchObject([{ rollout_id: 'two', organisation_id: bakery }]);
        const detail = await admin.call(deviceRoutes.read, one(device));
        expect(detail.exceptions).toEqual([]);
        expect((await admin.call(deviceRoutes.timeline, one(device))).items).toHaveLength(1);
        expect(await audited(device.deviceId)).toEqual(['device.enrolled', 'device.moved', 'device.moved']);
      });

      it('G24: ends the session and closes the held request at once; also in another process that heard nothing', async () => {
        const device = await enrolled(bakery);
        const held = device.commands(60);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const startedMs = performance.now();
        await admin.call(deviceDecisionRoutes.move, {
          body: { which: { deviceIds: [device.deviceId] }, ...to(), devices: 1 },
        });
        expect((await held).checkIn).toBe(true);
        expect(performance.now() - startedMs).toBeLessThan(5_000);
        expect(await refusedAs(device.checkIn())).toBe('auth.session-expired');
        device.session = null;
        await device.checkIn();
        // A hint that got lost: the sweep, every five seconds, finds the change in the rows.
        const again = device.commands(60);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const row = { identity_changed_at: world.nowMs + 1 };
        await world.store.write((db) =>
          db
            .updateTable('devices')
            .set((set) => ({ ...row, generation: set('generation', '+', 1) }))
            .where('device_id', '=', device.deviceId)
            .execute(),
        );
        await world.sweep();
        expect((await again).checkIn).toBe(true);
        expect(await refusedAs(device.checkIn())).toBe('auth.session-expired');
      });

      it('by filter, to exactly as many as were counted; what is there already or installs is left', async () => {
        const devices = [await enrolled(bakery), await enrolled(bakery), await enrolled(forge)];
        const installing = await enrolled(bakery);
        installing.state = {
          kind: 'installing',
          since: new Date(world.nowMs).toISOString(),
          step: 'install',
          attempt: 1,
          progress: null,
        };
        await installing.checkIn();
        const which = { filter: {} };
        const preview = await admin.call(deviceDecisionRoutes.previewMove, { body: { which, ...to() } });
        expect(preview).toMatchObject({ matching: 4, moves: 2, there: 1, installing: 1 });
        expect(await refusal(admin.call(deviceDecisionRoutes.move, { body: { which, ...to(), devices: 3 } }))).toBe(
          '409 request.conflict',
        );
        expect(await admin.call(deviceDecisionRoutes.move, { body: { which, ...to(), devices: 2 } })).toEqual({
          devices: 2,
        });
        expect((await shown(forge)).toSorted()).toEqual(devices.map((device) => device.deviceId).toSorted());
        expect(await shown(bakery)).toEqual([installing.deviceId]);
      });

      it('knows every table that holds rows of a device and its organisation', async () => {
        const tables = await world.store.read.introspection.getTables();
        const both = tables
          .filter(({ columns }) =>
            ['device_id', 'organisation_id'].every((wanted) => columns.some((column) => column.name === wanted)),
          )
          .map((table) => table.name);
        expect(both.toSorted()).toEqual(['devices', ...tablesOfDevice, ...tablesLeftBehind].toSorted());
      });
    });

    describe('install keys of many organisations', () => {
      it('are exported once, as a file that no spreadsheet takes for formulas, and written down', async () => {
        const hostile = await world.organisation('=HYPERLINK("https://evil")');
        const body = { organisationIds: [bakery, forge, hostile], lifetimeDays: 3, usesMax: 5, approval: true };
        const { csv, keys } = await admin.call(enrolmentKeyRoutes.export, { body });
        expect(keys).toBe(3);
        const rows = csv.trimEnd().split('\r\n');
        expect(rows).toHaveLength(4);
        expect(rows[3]).toMatch(/^"'=HYPERLINK\(""https:\/\/evil""\)",/);
        const strings = rows.slice(1).map((row) => /garrison1\.[\w-]+/.exec(row)?.[0] ?? '');
        expect(new Set(strings.map((text) => readEnrolmentString(text).keyId)).size).toBe(3);
        const { items } = await admin.call(enrolmentKeyRoutes.list);
        expect(items.map((key) => [key.usesMax, key.approval])).toEqual([
          [5, true],
          [5, true],
          [5, true],
        ]);
        expect(await audited(items[0]?.keyId ?? '')).toEqual(['install-key.exported']);
        const device = simulatedDevice(world.app, strings[0] ?? '', { now: () => world.nowMs });
        await device.enrol();
        expect(device.organisationId).toBe(bakery);
        const stored = JSON.stringify(await world.store.read.selectFrom('enrolment_keys').selectAll().execute());
        for (const text of strings) expect(stored).not.toContain(readEnrolmentString(text).secret);
      });

      it('a foreign organisation among them is refused like a missing one, and no key is made', async () => {
        await refusal(admin.call(enrolmentKeyRoutes.export, { body: { organisationIds: [bakery, 'org_other'] } }));
        expect((await admin.call(enrolmentKeyRoutes.list)).items).toEqual([]);
      });
    });
  });
}
