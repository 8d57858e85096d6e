/** Alerts as rows. What is about a connection is seen by whoever has an organisation mapped to it. */
import { sql, type Expression, type Insertable, type Selectable, type SqlBool, type Updateable } from 'kysely';
import type { AlertKind, AlertLevel } from '#console/api/alerts.ts';
import type { Scope } from '#console/auth/scope.ts';
import type { AlertTable } from '#console/store/schema/alert-tables.ts';
import { within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';

export type AlertRow = Selectable<AlertTable>;
export type ListedAlert = AlertRow & { organisation_name: string | null };

/** Whose it is, or of a connection that an organisation of the scope is mapped to; the rest is for global operators. */
function visible(scope: Scope): Expression<SqlBool> {
  if (scope.organisations === 'all') return sql<SqlBool>`1 = 1`;
  const mapped = sql<SqlBool>`alerts.subject_kind = 'connection' and exists (select 1 from mappings
    where mappings.connection_id = alerts.subject_id and ${within(scope, 'mappings.organisation_id')})`;
  return sql<SqlBool>`(${within(scope, 'alerts.organisation_id')} or (${mapped}))`;
}

/** Open ones of devices above `after`, up to and including `upTo`; null: to the end. */
export async function openOfDevices(
  db: Db,
  scope: Scope,
  range: { readonly after: string; readonly upTo: string | null },
): Promise<AlertRow[]> {
  let query = db
    .selectFrom('alerts')
    .selectAll()
    .where('closed_at', 'is', null)
    .where('subject_kind', '=', 'device')
    .where('subject_id', '>', range.after)
    .where(visible(scope));
  if (range.upTo !== null) query = query.where('subject_id', '<=', range.upTo);
  return query.execute();
}

export async function openOfOthers(db: Db, scope: Scope): Promise<AlertRow[]> {
  return db
    .selectFrom('alerts')
    .selectAll()
    .where('closed_at', 'is', null)
    .where('subject_kind', '!=', 'device')
    .where(visible(scope))
    .execute();
}

/** Answers the ids of those that were not open already: another process may have been faster. */
export async function openAlerts(db: Db, rows: readonly Insertable<AlertTable>[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const added = await db
    .insertInto('alerts')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .returning('alert_id')
    .execute();
  return new Set(added.map((row) => row.alert_id));
}

/** Changes an open alert while it is as it was read; false: another process was faster. */
export async function changeOpenAlert(
  db: Db,
  before: Pick<AlertRow, 'alert_id' | 'stage'>,
  change: Updateable<AlertTable>,
): Promise<boolean> {
  const result = await db
    .updateTable('alerts')
    .set(change)
    .where('alert_id', '=', before.alert_id)
    .where('stage', '=', before.stage)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function findAlert(db: Db, scope: Scope, alertId: string): Promise<ListedAlert | null> {
  const row = await listed(db, scope).where('alert_id', '=', alertId).executeTakeFirst();
  return row ?? null;
}

function listed(db: Db, scope: Scope) {
  return db
    .selectFrom('alerts')
    .leftJoin('organisations', 'organisations.organisation_id', 'alerts.organisation_id')
    .selectAll('alerts')
    .select('organisations.name as organisation_name')
    .where(visible(scope));
}

export interface AlertFilter {
  readonly state: 'open' | 'closed';
  readonly kind?: AlertKind | undefined;
  readonly level?: AlertLevel | undefined;
  readonly organisationId?: string | undefined;
  readonly deviceId?: string | undefined;
}

/** Newest first. */
export async function listAlerts(
  db: Db,
  scope: Scope,
  filter: AlertFilter,
  page: { readonly limit: number; readonly after: readonly [openedAt: number, alertId: string] | null },
): Promise<ListedAlert[]> {
  let query = listed(db, scope)
    .where('closed_at', filter.state === 'open' ? 'is' : 'is not', null)
    .orderBy('opened_at', 'desc')
    .orderBy('alert_id', 'desc')
    .limit(page.limit);
  if (filter.kind !== undefined) query = query.where('alerts.kind', '=', filter.kind);
  if (filter.level !== undefined) query = query.where('level', '=', filter.level);
  if (filter.organisationId !== undefined) query = query.where('alerts.organisation_id', '=', filter.organisationId);
  if (filter.deviceId !== undefined)
    query = query.where('subject_kind', '=', 'device').where('subject_id', '=', filter.deviceId);
  if (page.after !== null) {
    const [openedAt, alertId] = page.after;
    query = query.where(sql<SqlBool>`(opened_at, alert_id) < (${openedAt}, ${alertId})`);
  }
  return query.execute();
}

export interface AlertCount {
  readonly kind: string;
  readonly level: string;
  readonly alerts: number;
  readonly unseen: number;
}

export async function countOpenAlerts(db: Db, scope: Scope): Promise<AlertCount[]> {
  const unseen = sql<number>`sum(case when seen_at is null then 1 else 0 end)`;
  const rows = await db
    .selectFrom('alerts')
    .select((row) => ['kind', 'level', row.fn.countAll<number>().as('alerts'), unseen.as('unseen')])
    .where('closed_at', 'is', null)
    .where(visible(scope))
    .groupBy(['kind', 'level'])
    .execute();
  return rows.map((row) => ({ ...row, alerts: Number(row.alerts), unseen: Number(row.unseen) }));
}

/** False when somebody has seen it before, or when it is none of the scope's business. */
export async function markSeen(
  db: Db,
  scope: Scope,
  alertId: string,
  seen: { readonly atMs: number; readonly by: string },
): Promise<boolean> {
  const result = await db
    .updateTable('alerts')
    .set({ seen_at: seen.atMs, seen_by: seen.by })
    .where('alert_id', '=', alertId)
    .where('seen_at', 'is', null)
    .where(visible(scope))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
