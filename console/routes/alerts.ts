/** Alerts and the rules that make them. */
import { Fault } from '#protocol/codes.ts';
import { alertKindSchema, alertRoutes, alertSchema } from '#console/api/alerts.ts';
import { readAlertRules, writeAlertRules } from '#console/alerts/rules.ts';
import { shownAlert } from '#console/alerts/shown-alert.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import { readCursor, writeCursor } from '#console/fleet/lists/cursor.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { countOpenAlerts, findAlert, listAlerts, markSeen } from '#console/store/alerts/alerts.ts';

function registerRules(server: Server): void {
  const { side } = server;
  const { store } = side.devices;

  serve(server, alertRoutes.rules, () => readAlertRules(store.read));

  serve(server, alertRoutes.setRules, async ({ who, body }) => {
    demandGlobal(who);
    await store.write(async (db) => {
      await writeAlertRules(db, body);
      const deed = { action: 'settings.alerts', subject: 'alert-rules', organisationId: null, detail: { ...body } };
      await auditBy(side, db, who, deed);
    });
    return body;
  });
}

export function registerAlerts(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;
  registerRules(server);

  serve(server, alertRoutes.list, async ({ who, query }) => {
    const { limit, after, ...filter } = query;
    const [openedAt, alertId] = after === undefined ? [] : readCursor(after);
    const from = alertId === undefined ? null : ([Number(openedAt), alertId] as const);
    const rows = await listAlerts(store.read, who.scope, filter, { limit: limit + 1, after: from });
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return {
      items: shown.map((row) => shownAlert(row, row.organisation_name)),
      next: last === undefined ? null : writeCursor([last.opened_at, last.alert_id]),
    };
  });

  serve(server, alertRoutes.counts, async ({ who }) => {
    const rows = await countOpenAlerts(store.read, who.scope);
    return {
      items: rows.map(({ kind, level, ...numbers }) => ({
        kind: alertKindSchema.parse(kind),
        level: alertSchema.shape.level.parse(level),
        ...numbers,
      })),
    };
  });

  serve(server, alertRoutes.see, async ({ who, params }) => {
    const { alertId } = params;
    const seen = { atMs: clock.now(), by: who.operator.name };
    await store.write(async (db) => {
      const row = await findAlert(db, who.scope, alertId);
      if (row === null) throw new Fault('not-found', 'there is no such alert');
      if (!(await markSeen(db, who.scope, alertId, seen))) return;
      const detail = { kind: row.kind, cause: row.cause, subject: row.subject_id };
      const deed = { action: 'alert.seen', subject: alertId, organisationId: row.organisation_id, detail };
      await auditBy(side, db, who, deed);
    });
    const row = await findAlert(store.read, who.scope, alertId);
    if (row === null) throw new Fault('not-found', 'there is no such alert');
    side.hints.publish({ topic: 'alerts', id: null }, row.organisation_id);
    return shownAlert(row, row.organisation_name);
  });
}
