/** What the outbox must do, whatever the database: against receivers behind real sockets, with a clock that can jump. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { notificationRoutes } from '#console/api/notifications.ts';
import type { Notice } from '#console/alerts/apply.ts';
import { createNotifications, type Notifications } from '#console/notify/notifications.ts';
import type { AlertRow } from '#console/store/alerts/alerts.ts';
import { lastDeliveries } from '#console/store/alerts/notifications.ts';
import type { Store } from '#console/store/store.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { receiver, type Receiver } from '#test/worlds/receivers/webhook.ts';

export const password = 'correct horse battery';
const minuteMs = 60_000;

export function alertRow(number: number, more: Partial<AlertRow> = {}): AlertRow {
  return {
    alert_id: `alr_${number}`,
    alert_key: `install-failed device:dev_${number} x`,
    kind: 'install-failed',
    level: 'urgent',
    cause: 'install.busy',
    subject_kind: 'device',
    subject_id: `dev_${number}`,
    subject_name: `db-${number}`,
    organisation_id: null,
    detail: '{}',
    stage: '',
    since: 1,
    opened_at: 2,
    absent_since: null,
    closed_at: null,
    seen_at: null,
    seen_by: null,
    ...more,
  };
}

/** As one console process has it; tries end soon, so that silence is quickly over. */
export function notificationsOf(world: ConsoleWorld, timeoutMs = 400): Notifications {
  const { store, sealer, side, operatorSide } = world;
  const settings = { ...operatorSide.settings, notifyOnLoopback: true };
  const notifications = createNotifications({
    store,
    sealer,
    clock: side.clock,
    random: () => 0.5,
    settings,
    timeoutMs,
  });
  Object.assign(operatorSide, { notifications });
  return notifications;
}

export async function tell(world: ConsoleWorld, notifications: Notifications, ...notices: Notice[]): Promise<void> {
  await world.store.write((db) => notifications.tell(db, notices));
}

export const opened = (...numbers: number[]): Notice[] =>
  numbers.map((number) => ({ what: 'opened', alert: alertRow(number) }));

export function deliveryContract(name: string, open: () => Promise<Store>): void {
  describe(`webhooks on ${name}`, () => {
    let world: ConsoleWorld;
    let admin: OperatorClient;
    let notifications: Notifications;
    let hook: Receiver;
    beforeEach(async () => {
      world = await ConsoleWorld.start({ open });
      notifications = notificationsOf(world);
      await world.administrator('ann', password);
      admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      hook = await receiver();
    });
    afterEach(async () => {
      await hook.close();
      await world.stop();
    });

    const made = (more: object = {}) =>
      admin.call(notificationRoutes.create, { body: { kind: 'webhook', name: 'Chat', url: hook.url, ...more } });
    const names = (): string[] =>
      hook.received.map(({ body }) => (JSON.parse(body) as { data: { subject: { name: string } } }).data.subject.name);
    const results = async (targetId: string) =>
      (await lastDeliveries(world.store.read, targetId, 50)).toReversed().map((row) => row.result);
    async function later(ms: number): Promise<void> {
      world.nowMs += ms;
      await notifications.deliver();
    }

    it('arrive in order, signed, each once', async () => {
      const { secret } = await made();
      await tell(world, notifications, ...opened(1, 2));
      await tell(world, notifications, ...opened(3));
      await notifications.deliver();
      await notifications.deliver();
      expect(names()).toEqual(['db-1', 'db-2', 'db-3']);
      const ids = hook.received.map(({ headers }) => headers['webhook-id']);
      expect(new Set(ids).size).toBe(3);
      for (const { headers, body } of hook.received) {
        const signed = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)]));
        // The time is that of this console's clock, which the test has set.
        const age = Math.abs(Number(signed['webhook-timestamp']) * 1_000 - world.nowMs);
        expect(age).toBeLessThan(1_000);
        const now = vi.spyOn(Date, 'now').mockReturnValue(world.nowMs);
        expect(new Webhook(secret ?? '').verify(body, signed)).toMatchObject({ type: 'alert.opened' });
        now.mockRestore();
      }
    });

    it('that meet an error are tried again with the same id and bytes, later and later, and keep their order', async () => {
      const { target } = await made();
      hook.answer = { status: 500 };
      await tell(world, notifications, ...opened(1, 2));
      await notifications.deliver();
      await notifications.deliver();
      expect(hook.received).toHaveLength(1);
      await later(9_000);
      expect(hook.received).toHaveLength(1);
      await later(2_000);
      expect(hook.received).toHaveLength(2);
      hook.answer = { status: 200 };
      await later(minuteMs);
      expect(names()).toEqual(['db-1', 'db-1', 'db-1', 'db-2']);
      const [first, second, third] = hook.received;
      expect([second?.headers['webhook-id'], second?.body]).toEqual([first?.headers['webhook-id'], first?.body]);
      expect(third?.headers['webhook-timestamp']).not.toBe(first?.headers['webhook-timestamp']);
      expect(await results(target.targetId)).toEqual(['delivered', 'delivered']);
      const [shown] = (await admin.call(notificationRoutes.list)).items;
      expect(shown).toMatchObject({ failingSince: null, waiting: 0 });
    });

    it('wait for a receiver that is down for hours, and all come when it is back', async () => {
      await made();
      hook.answer = 'cut';
      for (let hour = 0; hour < 10; hour += 1) {
        await tell(world, notifications, ...opened(hour));
        await later(60 * minuteMs);
      }
      const before = hook.received.length;
      expect(before).toBeLessThan(15);
      hook.answer = { status: 202 };
      await later(61 * minuteMs);
      expect(names().slice(before)).toEqual(Array.from({ length: 10 }, (_, hour) => `db-${hour}`));
    });

    it('are given up after a day, where everybody can see it, and make an alert of the target before', async () => {
      const { target } = await made();
      hook.answer = { status: 503 };
      await tell(world, notifications, ...opened(1));
      await later(1);
      for (let hour = 0; hour < 2; hour += 1) await later(61 * minuteMs);
      const [condition] = await notifications.conditions(world.nowMs);
      expect(condition).toMatchObject({ kind: 'delivery-failing', detail: { text: 'HTTP 503', count: 1 } });
      // To itself it cannot be told.
      const alert = alertRow(9, { kind: 'delivery-failing', subject_kind: 'target', subject_id: target.targetId });
      await tell(world, notifications, { what: 'opened', alert });
      for (let hour = 0; hour < 24; hour += 1) await later(61 * minuteMs);
      const { items } = await admin
        .call(notificationRoutes.deliveries, { params: { targetId: target.targetId } })
        .catch(async () => {
          await admin.signIn('ann', password);
          return admin.call(notificationRoutes.deliveries, { params: { targetId: target.targetId } });
        });
      expect(items).toMatchObject([{ result: 'gave-up', answer: 'given up after a day: HTTP 503' }]);
    });

    it('that are not answered in time count as failed, and so do redirects, which are never followed', async () => {
      const elsewhere = await receiver();
      const { target } = await made();
      hook.answer = 'silence';
      await tell(world, notifications, ...opened(1));
      await notifications.deliver();
      const answers = async () => (await lastDeliveries(world.store.read, target.targetId, 1))[0]?.answer;
      expect(await answers()).toBe('no answer in time');
      hook.answer = { status: 307, headers: { location: elsewhere.url } };
      await later(minuteMs);
      expect(await answers()).toBe('HTTP 307, redirects are not followed');
      expect(elsewhere.received).toEqual([]);
      await elsewhere.close();
    });

    it('wait as long as the receiver asks, up to an hour', async () => {
      await made();
      hook.answer = { status: 429, headers: { 'retry-after': '1800' } };
      await tell(world, notifications, ...opened(1));
      await notifications.deliver();
      await later(29 * minuteMs);
      expect(hook.received).toHaveLength(1);
      await later(2 * minuteMs);
      expect(hook.received).toHaveLength(2);
    });

    it('go only to whom they concern, and not where their kind is muted', async () => {
      const [bakery, other] = [await world.organisation('Bakery'), await world.organisation('Other')];
      await made({ name: 'Bakery', organisationIds: [bakery] });
      await made({ name: 'Muted', muted: ['install-failed'] });
      const of = (number: number, organisation_id: string | null): Notice => ({
        what: 'opened',
        alert: alertRow(number, { organisation_id }),
      });
      await tell(world, notifications, of(1, bakery), of(2, other), of(3, null));
      await notifications.deliver();
      expect(names()).toEqual(['db-1']);
      await world.mapped(bakery);
      const token = { kind: 'token-ends', subject_kind: 'connection', subject_id: 'con1' };
      await tell(world, notifications, { what: 'opened', alert: alertRow(4, token) });
      await notifications.deliver();
      expect(names()).toEqual(['db-1', 'db-4', 'db-4']);
    });

    it('stop for a target that is paused or removed, and go on with the next', async () => {
      const { target } = await made();
      hook.answer = { status: 500 };
      await tell(world, notifications, ...opened(1));
      await notifications.deliver();
      const params = { targetId: target.targetId };
      const body = { name: 'Chat', url: hook.url, paused: true };
      await admin.call(notificationRoutes.change, { params, body });
      await tell(world, notifications, ...opened(2));
      hook.answer = { status: 200 };
      await admin.call(notificationRoutes.change, { params, body: { ...body, paused: false } });
      await tell(world, notifications, ...opened(3));
      await notifications.deliver();
      expect(names()).toEqual(['db-1', 'db-3']);
      expect(await results(target.targetId)).toEqual(['dropped', 'delivered']);
      await admin.call(notificationRoutes.remove, { params });
      await tell(world, notifications, ...opened(4));
      await notifications.deliver();
      expect((await admin.call(notificationRoutes.list)).items).toEqual([]);
      expect(hook.received).toHaveLength(2);
    });

    it('never pile up without end: the oldest are dropped and say so', async () => {
      const { target } = await made();
      hook.answer = { status: 500 };
      const many = Array.from({ length: 10_040 }, (_, number) => number);
      for (let from = 0; from < many.length; from += 1_000)
        await tell(world, notifications, ...opened(...many.slice(from, from + 1_000)));
      const dropped = await world.store.read
        .selectFrom('outbox')
        .select(['about', 'answer'])
        .where('result', '=', 'dropped')
        .orderBy('outbox_id')
        .execute();
      expect(dropped).toHaveLength(40);
      expect(dropped[0]).toEqual({ about: 'Install failed for good: db-0', answer: 'too many were waiting' });
      expect((await admin.call(notificationRoutes.list)).items).toMatchObject([
        { targetId: target.targetId, waiting: 10_000 },
      ]);
    });

    it('can be tried by hand, out of turn, with the answer at once', async () => {
      const { target } = await made();
      hook.answer = { status: 418 };
      await tell(world, notifications, ...opened(1));
      await notifications.deliver();
      const params = { targetId: target.targetId };
      expect(await admin.call(notificationRoutes.test, { params })).toMatchObject({
        result: 'failed',
        answer: 'HTTP 418',
      });
      hook.answer = { status: 200 };
      expect(await admin.call(notificationRoutes.test, { params })).toMatchObject({
        result: 'delivered',
        what: 'test',
      });
      expect(names()).toEqual(['db-1', 'Garrison', 'Garrison']);
    });

    it('are signed with the old secret beside the new one for a day', async () => {
      const { target, secret: old } = await made();
      const { secret } = await admin.call(notificationRoutes.rotate, { params: { targetId: target.targetId } });
      expect(secret).not.toBe(old);
      await tell(world, notifications, ...opened(1));
      await notifications.deliver();
      await tell(world, notifications, ...opened(2));
      await later(25 * 60 * minuteMs);
      const counts = hook.received.map(({ headers }) => String(headers['webhook-signature']).split(' ').length);
      expect(counts).toEqual([2, 1]);
    });
  });
}
