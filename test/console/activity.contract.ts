/** The record of what happened, and how it is forgotten, whatever the database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activityRoutes } from '#console/api/activity.ts';
import { retentionRoutes, retentionSchema } from '#console/api/retention.ts';
import { forgetOld } from '#console/fleet/retention.ts';
import { readCsv } from '#console/fleet/lists/csv.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { verifyAudit } from '#console/store/audit/audit-chain.ts';
import type { Store } from '#console/store/store.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
const dayMs = 86_400_000;

export function activityContract(name: string, open: () => Promise<Store>): void {
  describe(`activity on ${name}`, () => {
    let world: ConsoleWorld;
    let admin: OperatorClient;
    let [bakery, other] = ['', ''];
    let device: SimulatedDevice;
    beforeEach(async () => {
      world = await ConsoleWorld.start({ open });
      await world.administrator('ann', password);
      admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      bakery = await world.organisation('Bakery');
      other = await world.organisation('Other');
      device = simulatedDevice(world.app, await world.installKey(bakery), { now: () => world.nowMs });
      await device.enrol();
    });
    afterEach(() => world.stop());

    async function deed(action: string, organisationId: string | null, detail: object = {}): Promise<void> {
      world.nowMs += 1_000;
      const entry = { at: world.nowMs, actor: 'operator:bob', action, subject: device.deviceId, organisationId };
      await world.store.write((db) =>
        appendAudit(db, world.sealer.subkey('audit'), { ...entry, detail: detail as Record<string, unknown> }),
      );
    }
    async function told(...kinds: string[]): Promise<void> {
      world.nowMs += 1_000;
      for (const kind of kinds) device.recordRaw(kind, { number: 1 });
      await device.checkIn();
    }
    const whats = async (query: Record<string, string | number> = {}, who = admin) =>
      (await who.call(activityRoutes.list, { query })).items.map((item) => item.what);

    it('is both records in one list, newest first, and its pages neither miss nor repeat a row', async () => {
      for (let turn = 0; turn < 5; turn += 1) {
        await deed(`deed-${turn}`, bakery);
        await told(`thing-${turn}`, `thing-${turn}b`);
      }
      const all = await whats();
      expect(all.slice(0, 4)).toEqual(['thing-4b', 'thing-4', 'deed-4', 'thing-3b']);
      const paged: string[] = [];
      let after: string | null = '';
      while (after !== null) {
        const query: Record<string, string | number> = after === '' ? { limit: 2 } : { limit: 2, after };
        const page = await admin.call(activityRoutes.list, { query });
        paged.push(...page.items.map((item) => item.what));
        after = page.next;
      }
      expect(paged).toEqual(all);
    });

    it('is filtered by organisation, device, who, what and time', async () => {
      await deed('device.revoked', bakery);
      await deed('organisation.made', other);
      await told('thing-1');
      expect(await whats({ organisationId: other })).toEqual(['organisation.made']);
      expect(await whats({ deviceId: device.deviceId, source: 'devices' })).toEqual(['thing-1']);
      expect(await whats({ who: 'bob' })).toEqual(['organisation.made', 'device.revoked']);
      expect(await whats({ what: 'thing-1' })).toEqual(['thing-1']);
      const from = new Date(world.nowMs).toISOString();
      expect(await whats({ from })).toEqual(['thing-1']);
      expect(await whats({ until: from, source: 'audit', organisationId: bakery })).toEqual([
        'device.revoked',
        'device.enrolled',
      ]);
    });

    it('G9: shows and exports nothing of other organisations or of the whole console to who may see one', async () => {
      await deed('mine', bakery);
      await deed('theirs', other);
      await deed('global', null);
      await told('thing-1');
      const organisations = JSON.stringify([bakery]);
      await world.store.write((db) => db.updateTable('operators').set({ organisations }).execute());
      const limited = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      expect(await whats({}, limited)).toEqual(['thing-1', 'mine', 'device.enrolled']);
      expect(await whats({ organisationId: other }, limited)).toEqual([]);
      const { csv } = await limited.call(activityRoutes.export, { body: {} });
      expect(csv).not.toMatch(/theirs|global/);
    });

    it('G23, G21: is exported without a formula, and that it was exported is in the record', async () => {
      await deed('odd', bakery, { reason: '=HYPERLINK("http://evil.example")\u202e' });
      await deed('=cmd', bakery);
      const { csv, rows } = await admin.call(activityRoutes.export, { body: { source: 'audit', who: 'bob' } });
      expect(rows).toBe(2);
      const cells = readCsv(csv).flat();
      expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
      expect(cells.join('')).not.toContain('\u202e');
      expect((await whats({ source: 'audit' }))[0]).toBe('activity.exported');
    });

    it('G12: is shown and exported whatever a hostile device writes into events that nobody knows', async () => {
      const poison = { toString: 1, valueOf: 2, code: { toString: 1 }, __proto__: null };
      for (const data of [
        { problem: { code: poison } },
        { problem: { kind: poison } },
        { problem: { code: 5, kind: [] } },
        JSON.parse('{"__proto__": {"code": {"toString": 3}}}') as Record<string, unknown>,
      ])
        device.recordRaw('from-the-future', data);
      await device.checkIn();
      const page = await admin.call(activityRoutes.list, { query: { source: 'devices' } });
      expect(page.items.map((item) => item.what)).toEqual(Array(4).fill('from-the-future'));
      expect(page.items[1]?.detail).toBe('problem: 5');
      expect((await admin.call(activityRoutes.export, { body: { source: 'devices' } })).rows).toBe(4);
    });

    it('is forgotten as administrators want, and the record of what people did never', async () => {
      await told('old-thing');
      const command = {
        device_id: device.deviceId,
        organisation_id: bakery,
        verb: 'check',
        requested_by: 'ann',
        envelope: '{}',
        received_at: null,
        executed_at: null,
        result: null,
        fault: null,
      };
      const given = (id: string, atMs: number, expiresMs: number) =>
        world.store.write((db) =>
          db
            .insertInto('commands')
            .values({ ...command, command_id: id, position: atMs, requested_at: atMs, expires_at: expiresMs })
            .execute(),
        );
      const then = world.nowMs;
      await given('over', then, then + 1_000);
      await given('long', then + 1, then + 200 * dayMs);
      const alert = { alert_key: 'k', kind: 'silent', level: 'attention', cause: 'x', subject_kind: 'device' };
      const rest = { subject_id: 'd', subject_name: 'd', organisation_id: bakery, detail: '{}', stage: '', since: 1 };
      const none = { absent_since: null, seen_at: null, seen_by: null, opened_at: then };
      await world.store.write((db) =>
        db
          .insertInto('alerts')
          .values([
            { ...alert, ...rest, ...none, alert_id: 'ended', closed_at: then },
            { ...alert, ...rest, ...none, alert_id: 'open', closed_at: null },
          ])
          .execute(),
      );
      const body = { eventDays: 30, commandDays: 30, alertDays: 30, deliveryDays: 7, auditDays: 365 };
      await admin.call(retentionRoutes.set, { body });
      expect(await forgetOld(world.side)).toBe(0);
      world.nowMs += 31 * dayMs;
      device.session = null;
      await told('new-thing');
      expect(await forgetOld(world.side)).toBe(3);
      const { read } = world.store;
      expect((await read.selectFrom('events').select('kind').execute()).map((row) => row.kind)).toEqual(['new-thing']);
      expect(await read.selectFrom('commands').select('command_id').execute()).toEqual([{ command_id: 'long' }]);
      expect(await read.selectFrom('alerts').select('alert_id').execute()).toEqual([{ alert_id: 'open' }]);
      expect(await verifyAudit(read, world.sealer.subkey('audit'))).toBeNull();
      const kept = await read.selectFrom('audit').select('action').execute();
      expect(kept.map((row) => row.action)).toContain('settings.retention');
    });

    it('is forgotten in slices', async () => {
      const row = { device_id: device.deviceId, organisation_id: bakery, journal_id: 'j', at: 'x', received_at: 1 };
      const rows = Array.from({ length: 2_500 }, (_, seq) => ({ ...row, seq: seq + 1, kind: 'k', data: '{}' }));
      for (let from = 0; from < rows.length; from += 500)
        await world.store.write((db) =>
          db
            .insertInto('events')
            .values(rows.slice(from, from + 500))
            .execute(),
        );
      let transactions = 0;
      const counting: Store = {
        ...world.store,
        write: (work) => {
          transactions += 1;
          return world.store.write(work);
        },
      };
      expect(await forgetOld({ ...world.side, store: counting })).toBe(2_500);
      // The lease, three slices of events, one look at each of the other four, one at tries that are over.
      expect(transactions).toBe(9);
    });

    it('G21: forgets what people did only after a year, and leaves the rest provable', async () => {
      const short = { ...retentionSchema.parse({}), auditDays: 364 };
      await expect(admin.call(retentionRoutes.set, { body: short })).rejects.toMatchObject({ status: 400 });
      await admin.call(retentionRoutes.set, { body: { ...retentionSchema.parse({}), auditDays: 365 } });
      const [first] = await world.store.read.selectFrom('audit').select('number').orderBy('number').execute();
      expect(first?.number).toBe(1);
      world.nowMs += 364 * dayMs;
      await forgetOld(world.side);
      const held = await world.store.read.selectFrom('audit').select('number').orderBy('number').execute();
      expect(held[0]?.number).toBe(1);
      world.nowMs += 2 * dayMs;
      expect(await forgetOld(world.side)).toBeGreaterThan(0);
      const rest = await world.store.read.selectFrom('audit').select(['number', 'action']).orderBy('number').execute();
      expect(rest[0]?.number).toBeGreaterThan(1);
      expect(rest.at(-1)?.action).toBe('audit.forgotten');
      expect(await verifyAudit(world.store.read, world.sealer.subkey('audit'))).toBeNull();
    });
  });
}
