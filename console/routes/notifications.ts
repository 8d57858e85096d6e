/** Targets of notifications and the mail server: for administrators of everything alone (G16). */
import { Fault } from '#protocol/codes.ts';
import { notificationRoutes } from '#console/api/notifications.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { webhookUrl } from '#console/notify/destination.ts';
import { readMailServer, shownMailServer, writeMailServer } from '#console/notify/mail-server.ts';
import { shownDelivery, shownTarget } from '#console/notify/shown-target.ts';
import { newSecret, sealSecret } from '#console/notify/target-secrets.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Asked, type Server } from '#console/routes/serve.ts';
import {
  addTarget,
  changeTarget,
  countWaiting,
  endWaiting,
  findTarget,
  lastDeliveries,
  listTargets,
  removeTarget,
  type TargetRow,
} from '#console/store/alerts/notifications.ts';
import type { Db } from '#console/store/store.ts';

const targetsMax = 50;
const deliveriesShown = 50;
const oldSecretMs = 86_400_000;

type Fields = Asked<typeof notificationRoutes.change>['body'];

async function found(db: Db, targetId: string): Promise<TargetRow> {
  const row = await findTarget(db, targetId);
  if (row === null) throw new Fault('not-found', 'there is no such target');
  return row;
}

function addressOf({ side }: Server, kind: string, { url, recipients }: Fields): string {
  if (kind === 'webhook') return webhookUrl(url, side.notifications.rules);
  if (recipients.length === 0) throw new Fault('request.invalid', 'at least one address is needed');
  return JSON.stringify(recipients);
}

/** For the record: paths of webhooks are secrets themselves at many receivers. */
function whereTo({ kind, address }: Pick<TargetRow, 'kind' | 'address'>): string {
  return kind === 'webhook' ? new URL(address).host : address;
}

function columnsOf(server: Server, kind: string, fields: Fields, nowMs: number) {
  const { name, organisationIds, muted, paused } = fields;
  return {
    name,
    address: addressOf(server, kind, fields),
    organisations: organisationIds === null ? null : JSON.stringify(organisationIds),
    muted: JSON.stringify(muted),
    paused_at: paused ? nowMs : null,
  };
}

function registerReads(server: Server): void {
  const { store } = server.side.devices;

  serve(server, notificationRoutes.list, async ({ who }) => {
    demandGlobal(who);
    const waiting = await countWaiting(store.read);
    return { items: (await listTargets(store.read)).map((row) => shownTarget(row, waiting.get(row.target_id) ?? 0)) };
  });

  serve(server, notificationRoutes.deliveries, async ({ who, params }) => {
    demandGlobal(who);
    await found(store.read, params.targetId);
    const rows = await lastDeliveries(store.read, params.targetId, deliveriesShown);
    return { items: rows.map((row) => shownDelivery(row)) };
  });

  serve(server, notificationRoutes.mailServer, async ({ who }) => {
    demandGlobal(who);
    const row = await readMailServer(store.read);
    return { server: row === null ? null : shownMailServer(row) };
  });
}

function registerMaking(server: Server): void {
  const { side } = server;
  const { store, clock, sealer } = side.devices;

  serve(server, notificationRoutes.create, async ({ who, body }) => {
    demandGlobal(who);
    const { kind } = body;
    const nowMs = clock.now();
    const targetId = newId('ntf');
    const secret = kind === 'webhook' ? newSecret() : null;
    const row: TargetRow = {
      target_id: targetId,
      kind,
      ...columnsOf(server, kind, body, nowMs),
      secret_sealed: secret === null ? null : sealSecret(sealer, targetId, 'secret_sealed', secret),
      secret_before_sealed: null,
      secret_before_until: null,
      created_at: nowMs,
      created_by: who.operator.name,
      busy_by: null,
      busy_until: null,
      tries: 0,
      next_at: null,
      failing_since: null,
      arrived_at: null,
      last_answer: '',
    };
    await store.write(async (db) => {
      if ((await listTargets(db)).length >= targetsMax)
        throw new Fault('request.invalid', `there are ${targetsMax} targets already`);
      if (kind === 'email' && (await readMailServer(db)) === null)
        throw new Fault('notify.no-mail-server', 'set a mail server first');
      await addTarget(db, row);
      const detail = { kind, name: row.name, to: whereTo(row) };
      await auditBy(side, db, who, {
        action: 'notification-target.made',
        subject: targetId,
        organisationId: null,
        detail,
      });
    });
    return { target: shownTarget(row, 0), secret };
  });
}

function registerSecrets(server: Server): void {
  const { side } = server;
  const { store, clock, sealer } = side.devices;

  serve(server, notificationRoutes.rotate, async ({ who, params }) => {
    demandGlobal(who);
    const { targetId } = params;
    const secret = newSecret();
    const row = await store.write(async (db) => {
      const before = await found(db, targetId);
      if (before.secret_sealed === null) throw new Fault('request.invalid', 'e-mail has no secret');
      const old = sealer.open(
        { table: 'notification_targets', row: targetId, field: 'secret_sealed' },
        before.secret_sealed,
      );
      await changeTarget(db, targetId, {
        secret_sealed: sealSecret(sealer, targetId, 'secret_sealed', secret),
        secret_before_sealed: sealSecret(sealer, targetId, 'secret_before_sealed', old),
        secret_before_until: clock.now() + oldSecretMs,
      });
      await auditBy(side, db, who, {
        action: 'notification-target.new-secret',
        subject: targetId,
        organisationId: null,
        detail: { name: before.name },
      });
      return found(db, targetId);
    });
    return { target: shownTarget(row, (await countWaiting(store.read)).get(targetId) ?? 0), secret };
  });
}

function registerChanges(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  serve(server, notificationRoutes.change, async ({ who, params, body }) => {
    demandGlobal(who);
    const { targetId } = params;
    const nowMs = clock.now();
    const row = await store.write(async (db) => {
      const before = await found(db, targetId);
      const columns = columnsOf(server, before.kind, body, nowMs);
      // Another address, or going on after a pause, is tried at once.
      await changeTarget(db, targetId, { ...columns, next_at: null, tries: 0, failing_since: null });
      if (body.paused)
        await endWaiting(db, targetId, { keep: 0 }, { done_at: nowMs, result: 'dropped', answer: 'paused' });
      const detail = { name: columns.name, to: whereTo({ ...before, ...columns }), paused: body.paused };
      await auditBy(side, db, who, {
        action: 'notification-target.changed',
        subject: targetId,
        organisationId: null,
        detail,
      });
      return found(db, targetId);
    });
    return shownTarget(row, (await countWaiting(store.read)).get(targetId) ?? 0);
  });

  serve(server, notificationRoutes.remove, async ({ who, params }) => {
    demandGlobal(who);
    const { targetId } = params;
    await store.write(async (db) => {
      const row = await found(db, targetId);
      await removeTarget(db, targetId);
      await auditBy(side, db, who, {
        action: 'notification-target.removed',
        subject: targetId,
        organisationId: null,
        detail: { name: row.name, to: whereTo(row) },
      });
    });
    return null;
  });
}

export function registerNotifications(server: Server): void {
  const { side } = server;
  const { store, sealer } = side.devices;
  registerReads(server);
  registerMaking(server);
  registerSecrets(server);
  registerChanges(server);

  serve(server, notificationRoutes.test, async ({ who, params }) => {
    demandGlobal(who);
    return shownDelivery(await side.notifications.sendTest(await found(store.read, params.targetId)));
  });

  serve(server, notificationRoutes.setMailServer, async ({ who, body }) => {
    demandGlobal(who);
    const row = await store.write(async (db) => {
      const written = await writeMailServer(db, sealer, body);
      const { passwordSealed: _p, caPem: _c, ...detail } = written;
      await auditBy(side, db, who, {
        action: 'settings.mail-server',
        subject: 'mail-server',
        organisationId: null,
        detail,
      });
      return written;
    });
    return { server: shownMailServer(row) };
  });
}
