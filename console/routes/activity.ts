/** The Activity screen and its export. */
import { activityRoutes, type ActivityEntry } from '#console/api/activity.ts';
import { activityPage, type Place } from '#console/fleet/lists/activity.ts';
import { writeRow } from '#console/fleet/lists/csv.ts';
import { readCursor, writeCursor } from '#console/fleet/lists/cursor.ts';
import { iso } from '#console/fleet/lists/shown.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Asked, type Server } from '#console/routes/serve.ts';
import type { ActivityFilter } from '#console/store/activity.ts';

const exportedMax = 10_000;
const exportSlice = 500;

type Filters = Asked<typeof activityRoutes.export>['body'];

function filterOf({ organisationId, deviceId, who, what, from, until }: Filters): ActivityFilter {
  return {
    organisationId,
    deviceId,
    who,
    what,
    ...(from === undefined ? {} : { fromMs: Date.parse(from) }),
    ...(until === undefined ? {} : { untilMs: Date.parse(until) }),
  };
}

/** -1 stands for a record that nothing was read of yet. */
const writePlace = ({ audit, events }: Place): string => writeCursor([audit ?? -1, String(events ?? -1)]);

function readPlace(text: string | undefined): Place {
  if (text === undefined) return { audit: null, events: null };
  const [audit, events] = readCursor(text).map(Number);
  const read = (number: number | undefined): number | null =>
    number === undefined || !Number.isSafeInteger(number) || number < 0 ? null : number;
  return { audit: read(audit), events: read(events) };
}

const heads = ['Time', 'Source', 'Who', 'What', 'To', 'Device', 'Organisation', 'Details'];

function cells(entry: ActivityEntry): string[] {
  const { at, source, who, what, subject, device, organisation, detail } = entry;
  return [at, source, who, what, subject, device?.name ?? '', organisation?.name ?? '', detail];
}

export function registerActivity(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  serve(server, activityRoutes.list, async ({ who, query }) => {
    const asked = { filter: filterOf(query), source: query.source, place: readPlace(query.after) };
    const page = await activityPage(store.read, who.scope, asked, query.limit);
    return { items: page.items, next: page.next === null ? null : writePlace(page.next) };
  });

  serve(server, activityRoutes.export, async ({ who, body }) => {
    const lines = [writeRow(heads)];
    let place: Place | null = { audit: null, events: null };
    while (place !== null && lines.length <= exportedMax) {
      const asked: Parameters<typeof activityPage>[2] = { filter: filterOf(body), source: body.source, place };
      const limit = Math.min(exportSlice, exportedMax + 1 - lines.length);
      const page = await activityPage(store.read, who.scope, asked, limit);
      lines.push(...page.items.map((entry) => writeRow(cells(entry))));
      place = page.next;
    }
    const rows = lines.length - 1;
    const deed = { action: 'activity.exported', subject: 'activity', organisationId: body.organisationId ?? null };
    await store.write((db) => auditBy(side, db, who, { ...deed, detail: { rows } }));
    return { rows, fileName: `activity-${iso(clock.now()).slice(0, 10)}.csv`, csv: lines.join('') };
  });
}
