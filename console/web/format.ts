/** Numbers and times as people read them. Times go in as ISO strings, `nowMs` is the console's time. Pure. */
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** "just now", "2 min ago", "3 h ago", "5 days ago". The future, by a wrong clock, is "just now" too. */
export function age(at: string, nowMs: number): string {
  const ms = nowMs - Date.parse(at);
  if (Number.isNaN(ms)) return 'at an unknown time';
  if (ms < 5_000) return 'just now';
  if (ms < minuteMs) return `${Math.floor(ms / 1000)} s ago`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min ago`;
  if (ms < 2 * dayMs) return `${Math.floor(ms / hourMs)} h ago`;
  return `${Math.floor(ms / dayMs)} days ago`;
}

/** What is left until then: "in 4 min 05 s"; null when it is due. */
export function countdown(until: string, nowMs: number): string | null {
  const leftSeconds = Math.ceil((Date.parse(until) - nowMs) / 1000);
  if (!(leftSeconds > 0)) return null;
  const [hours, minutes, seconds] = [
    Math.floor(leftSeconds / 3600),
    Math.floor(leftSeconds / 60) % 60,
    leftSeconds % 60,
  ];
  if (hours >= 48) return `in ${Math.floor(hours / 24)} days`;
  if (hours > 0) return `in ${hours} h ${pad(minutes)} min`;
  return minutes > 0 ? `in ${minutes} min ${pad(seconds)} s` : `in ${seconds} s`;
}

/** Wall-clock time near now, with the day where it is another one: "14:32", "tomorrow 02:10", "3 Mar 14:32". */
export function moment(at: string, nowMs: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return 'an unknown time';
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const days = Math.round((midnight(date) - midnight(new Date(nowMs))) / dayMs);
  if (days === 0) return time;
  if (days === 1) return `tomorrow ${time}`;
  if (days === -1) return `yesterday ${time}`;
  return `${day(date, new Date(nowMs))} ${time}`;
}

/** The day alone: "3 Mar", "3 Mar 2024" in another year. */
export function calendarDay(at: string, nowMs: number): string {
  return day(new Date(at), new Date(nowMs));
}

/** Exact, for the tooltip: "2026-03-01 14:32:05". */
export function exactTime(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const days = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${days} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** "0.3 s", "42 s", "3 min 05 s", "2 h 10 min". */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor(seconds / 60) % 60)} min`;
}

/** Powers of 1024 with the names people use for them: "150 MB". */
export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** "1 device", "1,204 devices". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

export function number(count: number): string {
  return count.toLocaleString('en-US');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function day(date: Date, now: Date): string {
  const year = date.getFullYear() === now.getFullYear() ? '' : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${months[date.getMonth()]}${year}`;
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** "02:05" of a minute of the day. */
export function clock(minute: number): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
