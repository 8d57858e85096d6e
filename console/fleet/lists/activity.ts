/** Both records as one list, newest first. Each is read by its own number, so that pages neither repeat nor miss a row. */
import type { ActivityEntry } from '#console/api/activity.ts';
import type { Scope } from '#console/auth/scope.ts';
import { plainText } from '#console/fleet/link/report-row.ts';
import { iso } from '#console/fleet/lists/shown.ts';
import { listAudit, listDeviceEvents, type ActivityFilter, type Backwards } from '#console/store/activity.ts';
import type { Db } from '#console/store/store.ts';

/** Numbers that the next page goes on below. */
export interface Place {
  readonly audit: number | null;
  readonly events: number | null;
}

interface Row {
  readonly atMs: number;
  readonly number: number;
  readonly entry: ActivityEntry;
}

const cut = (text: string, most = 200): string => plainText(text).slice(0, most);

/** null: it is no text, number or truth. Of a device's own making, so it is asked for nothing, not even for its text. */
function flat(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? cut(value, 120) : null;
}

/** "text: …, code: …" of what is flat; the rest is on the device's own page. */
function inWords(json: string): string {
  const value = JSON.parse(json) as Record<string, unknown>;
  const parts = Object.entries(value).flatMap(([name, one]) => {
    const named =
      typeof one === 'object' && one !== null ? (Reflect.get(one, 'code') ?? Reflect.get(one, 'kind')) : one;
    const text = flat(named);
    return text === null ? [] : [`${name}: ${text}`];
  });
  return cut(parts.join(', '), 600);
}

async function auditRows(db: Db, scope: Scope, filter: ActivityFilter, page: Backwards): Promise<Row[]> {
  const rows = await listAudit(db, scope, filter, page);
  return rows.map((row) => ({
    atMs: row.at,
    number: row.number,
    entry: {
      key: `audit-${row.number}`,
      source: 'audit',
      at: iso(row.at),
      who: cut(row.actor),
      what: cut(row.action),
      subject: cut(row.hostname ?? row.subject),
      device: row.hostname === null ? null : { id: row.subject, name: cut(row.hostname) },
      organisation:
        row.organisation_id === null ? null : { id: row.organisation_id, name: cut(row.organisation_name ?? '') },
      detail: inWords(row.detail),
    },
  }));
}

async function eventRows(db: Db, scope: Scope, filter: ActivityFilter, page: Backwards): Promise<Row[]> {
  const rows = await listDeviceEvents(db, scope, filter, page);
  return rows.map((row) => ({
    atMs: row.received_at,
    number: row.event_id,
    entry: {
      key: `event-${row.event_id}`,
      source: 'devices',
      at: iso(row.received_at),
      who: cut(row.hostname),
      what: cut(row.kind),
      subject: '',
      device: { id: row.device_id, name: cut(row.hostname) },
      organisation: { id: row.organisation_id, name: cut(row.organisation_name) },
      detail: inWords(row.data),
    },
  }));
}

export interface ActivityPage {
  readonly items: ActivityEntry[];
  /** null: this was the last one. */
  readonly next: Place | null;
}

/** Takes from the two, always the newer one, without changing the order of either. */
function merged(audit: readonly Row[], events: readonly Row[], limit: number): Row[] {
  const [one, other] = [[...audit], [...events]];
  const taken: Row[] = [];
  while (taken.length < limit) {
    const [a, b] = [one[0], other[0]];
    const next = a !== undefined && (b === undefined || a.atMs >= b.atMs) ? one.shift() : other.shift();
    if (next === undefined) break;
    taken.push(next);
  }
  return taken;
}

export async function activityPage(
  db: Db,
  scope: Scope,
  asked: { readonly filter: ActivityFilter; readonly source?: 'audit' | 'devices' | undefined; readonly place: Place },
  limit: number,
): Promise<ActivityPage> {
  const { filter, source, place } = asked;
  const audit =
    source === 'devices' ? [] : await auditRows(db, scope, filter, { before: place.audit, limit: limit + 1 });
  const events =
    source === 'audit' ? [] : await eventRows(db, scope, filter, { before: place.events, limit: limit + 1 });
  const taken = merged(audit, events, limit);
  const last = (of: ActivityEntry['source'], before: number | null): number | null =>
    taken.findLast((row) => row.entry.source === of)?.number ?? before;
  return {
    items: taken.map((row) => row.entry),
    next:
      audit.length + events.length > taken.length
        ? { audit: last('audit', place.audit), events: last('devices', place.events) }
        : null,
  };
}
