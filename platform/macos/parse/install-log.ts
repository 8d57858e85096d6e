/**
 * /var/log/install.log: every installer, updater and MDM client of the machine writes there, so only what was written
 * while ours ran may be taken for its cause.
 */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** "2024-02-16 21:42:52-08 Name process[123]: …"; the zone as hours, or hours and minutes with or without a colon. */
const stamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)([+-]\d\d)(?::?(\d\d))? /;

/** Lines of the window; one without a time belongs to the line before it. */
export function logWindow(text: string, { fromMs, toMs }: Window): string {
  let inside = false;
  const kept = text.split('\n').filter((line) => {
    const atMs = timeOf(line);
    if (atMs !== null) inside = atMs >= floorToSecond(fromMs) && atMs <= toMs;
    return inside;
  });
  return kept.join('\n');
}

/** The log counts whole seconds: what was written in the second we began in is ours too. */
function floorToSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

function timeOf(line: string): number | null {
  const found = stamp.exec(line);
  if (found === null) return null;
  const [, day = '', time = '', hours = '', minutes = '00'] = found;
  const ms = Date.parse(`${day}T${time}${hours}:${minutes}`);
  return Number.isNaN(ms) ? null : ms;
}
