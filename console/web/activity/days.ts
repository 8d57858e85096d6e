/** Days of a filter: whole ones of the reader's own calendar, sent as moments. Pure but for the browser's time zone. */

/** "2026-03-01" and the moment it begins here; undefined: no such day. */
export function startOfDay(day: string): string | undefined {
  return momentOf(day, 0);
}

/** The moment the day ends, which is when the next one begins; that one is not meant any more. */
export function endOfDay(day: string): string | undefined {
  return momentOf(day, 1);
}

/** For the field: the day here in which a moment lies; empty without one. */
export function dayOf(at: string | undefined): string {
  const date = new Date(at ?? '');
  if (Number.isNaN(date.getTime())) return '';
  const pad = (value: number, length = 2): string => String(value).padStart(length, '0');
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** The last day that ends by then. */
export function lastDayOf(at: string | undefined): string {
  return at === undefined ? '' : dayOf(new Date(Date.parse(at) - 1).toJSON() ?? undefined);
}

/** Days are counted by the calendar, not by 24 hours: two days a year have 23 or 25. */
function momentOf(day: string, later: number): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  if (year === undefined) return undefined;
  const moment = new Date(Number(year), Number(month) - 1, Number(date) + later);
  return Number.isNaN(moment.getTime()) || moment.getFullYear() < 2000 ? undefined : moment.toISOString();
}

/** "Europe/Berlin, UTC+01:00": whose days and times are shown. */
export function timeZoneName(nowMs: number): string {
  const minutes = -new Date(nowMs).getTimezoneOffset();
  const size = Math.abs(minutes);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const offset = `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
  const zone = new Intl.DateTimeFormat('en').resolvedOptions().timeZone;
  return zone === 'UTC' ? 'UTC' : `${zone}, ${offset}`;
}
