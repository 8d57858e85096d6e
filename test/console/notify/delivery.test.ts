import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notificationRoutes, type MailServer as Wanted } from '#console/api/notifications.ts';
import type { Notifications } from '#console/notify/notifications.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import {
  alertRow,
  deliveryContract,
  notificationsOf,
  opened,
  password,
  tell,
} from '#test/console/notify/delivery.contract.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { mailServer, type MailServer } from '#test/worlds/receivers/mail.ts';
import { receiver } from '#test/worlds/receivers/webhook.ts';

const directory = mkdtempSync(join(tmpdir(), 'garrison-outbox-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

deliveryContract('SQLite', () => openSqlite(join(directory, `${(files += 1)}.db`), { alone: true }));

describe('notifications', () => {
  let world: ConsoleWorld;
  let admin: OperatorClient;
  let notifications: Notifications;
  const servers: { close(): Promise<void> }[] = [];
  beforeEach(async () => {
    world = await ConsoleWorld.start();
    notifications = notificationsOf(world, 5_000);
    await world.administrator('ann', password);
    admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    await world.stop();
  });

  async function serving(options: Parameters<typeof mailServer>[0]): Promise<MailServer> {
    const server = await mailServer(options);
    servers.push(server);
    return server;
  }
  const set = (server: MailServer, more: Partial<Wanted> & { password?: string | null } = {}) =>
    admin.call(notificationRoutes.setMailServer, {
      body: {
        host: 'localhost',
        port: server.port,
        security: 'none',
        user: null,
        from: 'garrison@example.net',
        caPem: null,
        password: null,
        ...more,
      },
    });
  const mailTarget = async (more: object = {}) => {
    const body = { kind: 'email', name: 'On call', recipients: ['ops@example.net'], ...more };
    return (await admin.call(notificationRoutes.create, { body })).target;
  };
  const test = (targetId: string) => admin.call(notificationRoutes.test, { params: { targetId } });

  describe('by e-mail', () => {
    it('go through a server with TLS and a password, whose authority was pasted', async () => {
      for (const security of ['tls', 'starttls'] as const) {
        const server = await serving({ security, user: { name: 'garrison', password: 'hush hush' } });
        await set(server, { security, user: 'garrison', password: 'hush hush', caPem: server.caPem });
        const target = await mailTarget({ name: security });
        expect(await test(target.targetId)).toMatchObject({ result: 'delivered', answer: 'accepted' });
        expect(server.mails).toMatchObject([
          { from: 'garrison@example.net', to: ['ops@example.net'], user: 'garrison', secure: true },
        ]);
        expect(server.mails[0]?.source).toMatch(/^Auto-Submitted: auto-generated/m);
      }
    });

    it('do not go where TLS is missing, untrusted or the password is wrong, and say why', async () => {
      const user = { name: 'garrison', password: 'hush hush' };
      const plain = await serving({ security: 'none', user });
      await set(plain, { security: 'starttls', user: 'garrison', password: 'hush hush' });
      const target = await mailTarget();
      expect((await test(target.targetId)).answer).toMatch(/^no TLS/);
      const tls = await serving({ security: 'tls', user });
      await set(tls, { security: 'tls', user: 'garrison', password: 'hush hush' });
      expect((await test(target.targetId)).answer).toContain('certificate cannot be trusted');
      await set(tls, { security: 'tls', user: 'garrison', password: 'wrong', caPem: tls.caPem });
      expect((await test(target.targetId)).answer).toBe('user or password refused (SMTP 535)');
      expect([...plain.mails, ...tls.mails]).toEqual([]);
    });

    it('come together when they come within a minute, and again when the server was down', async () => {
      const server = await serving({ security: 'none' });
      await set(server);
      await mailTarget();
      await tell(world, notifications, ...opened(1));
      await notifications.deliver();
      await tell(world, notifications, ...opened(2, 3, 4));
      await notifications.deliver();
      expect(server.mails).toHaveLength(1);
      world.nowMs += 61_000;
      await notifications.deliver();
      const subjects = server.mails.map(({ source }) => /^Subject: (.*)$/m.exec(source)?.[1]?.trim());
      expect(subjects).toEqual(['[Garrison] Install failed for good: db-1', '[Garrison] 3 alerts']);
      await server.close();
      await tell(world, notifications, ...opened(5));
      world.nowMs += 61_000;
      await notifications.deliver();
      const [shown] = (await admin.call(notificationRoutes.list)).items;
      expect(shown).toMatchObject({ waiting: 1, failingSince: new Date(world.nowMs).toISOString() });
      const again = await serving({ security: 'none' });
      await set(again);
      world.nowMs += 11_000;
      await notifications.deliver();
      expect(again.mails).toHaveLength(1);
    });

    it('tell when some of the addresses were refused', async () => {
      const server = await serving({ security: 'none' });
      server.refused.add('gone@example.net');
      await set(server);
      const target = await mailTarget({ recipients: ['ops@example.net', 'gone@example.net'] });
      expect((await test(target.targetId)).answer).toBe('accepted, 1 addresses refused');
    });

    it('G23: carry no header or line of a device', async () => {
      const server = await serving({ security: 'none' });
      await set(server);
      await mailTarget();
      const name = 'db-1\r\nBcc: x@evil.example\r\n\r\nhello';
      await tell(world, notifications, { what: 'opened', alert: alertRow(1, { subject_name: name }) });
      await notifications.deliver();
      const [mail] = server.mails;
      expect(mail?.to).toEqual(['ops@example.net']);
      const [head = ''] = (mail?.source ?? '').split(/\r?\n\r?\n/);
      expect(head).not.toMatch(/^Bcc:/im);
    });

    it('need a mail server first', async () => {
      await expect(mailTarget()).rejects.toMatchObject({ code: 'notify.no-mail-server' });
    });
  });

  it('G20: keep their secrets sealed, and never show them again', async () => {
    const server = await serving({ security: 'none', user: { name: 'g', password: 'hush hush' } });
    const shown = await set(server, { user: 'g', password: 'hush hush' });
    expect(shown.server).toMatchObject({ hasPassword: true });
    const body = { kind: 'webhook', name: 'Chat', url: 'https://hooks.example.net/T0/SECRETPATH' };
    const { target, secret } = await admin.call(notificationRoutes.create, { body });
    await admin.call(notificationRoutes.rotate, { params: { targetId: target.targetId } });
    const answers = JSON.stringify([
      await admin.call(notificationRoutes.list),
      await admin.call(notificationRoutes.mailServer),
      await admin.call(notificationRoutes.deliveries, { params: { targetId: target.targetId } }),
    ]);
    const rows = JSON.stringify([
      await world.store.read.selectFrom('notification_targets').selectAll().execute(),
      await world.store.read.selectFrom('meta').selectAll().execute(),
    ]);
    const audit = JSON.stringify(await world.store.read.selectFrom('audit').selectAll().execute());
    for (const hidden of ['hush hush', secret ?? 'none', (secret ?? 'none').slice(6)]) {
      expect(answers).not.toContain(hidden);
      expect(rows).not.toContain(hidden);
      expect(audit).not.toContain(hidden);
    }
    expect(audit).toContain('hooks.example.net');
    expect(audit).not.toContain('SECRETPATH');
  });

  it('G16: ask for the password again when the mail server or its user is another one', async () => {
    const server = await serving({ security: 'none', user: { name: 'g', password: 'hush hush' } });
    await set(server, { user: 'g', password: 'hush hush' });
    await set(server, { user: 'g', from: 'other@example.net' });
    const thief = await serving({ security: 'none' });
    await expect(set(thief, { user: 'g' })).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(set(server, { user: 'h' })).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(set(server, { host: 'mail.example.net', security: 'none' })).rejects.toMatchObject({
      code: 'notify.address',
    });
    await expect(set(server, { host: '169.254.169.254', security: 'tls' })).rejects.toMatchObject({
      code: 'notify.address',
    });
  });

  it('G16: go to addresses set by administrators of everything alone, and not to this machine by default', async () => {
    const own = await receiver();
    servers.push(own);
    const body = { kind: 'webhook', name: 'Chat', url: own.url };
    const { target } = await admin.call(notificationRoutes.create, { body });
    await world.restart();
    const strict = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
    await expect(strict.call(notificationRoutes.create, { body })).rejects.toMatchObject({ code: 'notify.address' });
    const params = { targetId: target.targetId };
    expect((await strict.call(notificationRoutes.test, { params })).answer).toContain('machine that Garrison runs on');
    expect(own.received).toEqual([]);

    const organisation = await world.organisation('Bakery');
    await world.store.write((db) =>
      db
        .updateTable('operators')
        .set({ organisations: JSON.stringify([organisation]) })
        .execute(),
    );
    const limited = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
    const url = 'https://hooks.example.net/';
    const fields = { kind: 'webhook', name: 'Mine', url, organisationIds: [organisation] };
    for (const refused of [
      () => limited.call(notificationRoutes.create, { body: fields }),
      () => limited.call(notificationRoutes.change, { params, body: fields }),
      () => limited.call(notificationRoutes.remove, { params }),
      () => limited.call(notificationRoutes.rotate, { params }),
      () => limited.call(notificationRoutes.test, { params }),
      () => limited.call(notificationRoutes.list),
      () => limited.call(notificationRoutes.deliveries, { params }),
      () => limited.call(notificationRoutes.mailServer),
    ])
      await expect(refused()).rejects.toMatchObject({ code: 'auth.forbidden' });
  });
});
