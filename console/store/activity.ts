/** The record of what was done and the events of devices, read backwards by their own numbers. */
import { sql, type SqlBool } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';

export interface ActivityFilter {
  readonly organisationId?: string | undefined;
  readonly deviceId?: string | undefined;
  /** Name of an operator. */
  readonly who?: string | undefined;
  readonly what?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

export interface Backwards {
  /** Below this number; null: from the newest. */
  readonly before: number | null;
  readonly limit: number;
}

export async function listAudit(db: Db, scope: Scope, filter: ActivityFilter, page: Backwards) {
  let query = db
    .selectFrom('audit')
    .leftJoin('organisations', 'organisations.organisation_id', 'audit.organisation_id')
    .leftJoin('devices', 'devices.device_id', 'audit.subject')
    .select([
      'number',
      'at',
      'actor',
      'action',
      'subject',
      'audit.organisation_id',
      'detail',
      'organisations.name as organisation_name',
      'hostname',
    ])
    .where(within(scope, 'audit.organisation_id'))
    .orderBy('number', 'desc')
    .limit(page.limit);
  if (page.before !== null) query = query.where('number', '<', page.before);
  if (filter.organisationId !== undefined) query = query.where('audit.organisation_id', '=', filter.organisationId);
  if (filter.deviceId !== undefined) query = query.where('subject', '=', filter.deviceId);
  if (filter.who !== undefined) query = query.where('actor', '=', `operator:${filter.who}`);
  if (filter.what !== undefined) query = query.where('action', '=', filter.what);
  if (filter.fromMs !== undefined) query = query.where('at', '>=', filter.fromMs);
  if (filter.untilMs !== undefined) query = query.where('at', '<', filter.untilMs);
  return query.execute();
}

export async function listDeviceEvents(db: Db, scope: Scope, filter: ActivityFilter, page: Backwards) {
  let query = db
    .selectFrom('events')
    .innerJoin('devices', 'devices.device_id', 'events.device_id')
    .innerJoin('organisations', 'organisations.organisation_id', 'events.organisation_id')
    .select([
      'event_id',
      'events.device_id',
      'events.organisation_id',
      'received_at',
      'events.kind',
      'data',
      'hostname',
      'organisations.name as organisation_name',
    ])
    .where(within(scope, 'events.organisation_id'))
    .where(sql<SqlBool>`${filter.who === undefined ? sql.lit(1) : sql.lit(0)} = 1`)
    .orderBy('event_id', 'desc')
    .limit(page.limit);
  if (page.before !== null) query = query.where('event_id', '<', page.before);
  if (filter.organisationId !== undefined) query = query.where('events.organisation_id', '=', filter.organisationId);
  if (filter.deviceId !== undefined) query = query.where('events.device_id', '=', filter.deviceId);
  if (filter.what !== undefined) query = query.where('events.kind', '=', filter.what);
  if (filter.fromMs !== undefined) query = query.where('received_at', '>=', filter.fromMs);
  if (filter.untilMs !== undefined) query = query.where('received_at', '<', filter.untilMs);
  return query.execute();
}
