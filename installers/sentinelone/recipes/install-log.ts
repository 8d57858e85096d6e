/**
 * /var/log/install.log: every installer, updater and MDM client of a Mac writes there, so only what was written since ours
 * began may be taken for its cause. Pure.
 */

/** "2024-02-16 21:42:52-08 Name process[123]: …"; the zone as hours, or hours and minutes with or without a colon. */
const stamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)([+-]\d\d)(?::?(\d\d))? /;

/** Lines since `fromMs` of this machine's own clock; one without a time belongs to the line before it. */
export function installLogSince(log: string, fromMs: number): string {
  let inside = false;
  const kept = log.split('\n').filter((line) => {
    const atMs = timeOf(line);
    // The log counts whole seconds: what was written in the second we began in may be ours.
    if (atMs !== null) inside = atMs >= Math.floor(fromMs / 1000) * 1000;
    return inside;
  });
  return kept.join('\n');
}

function timeOf(line: string): number | null {
  const found = stamp.exec(line);
  if (found === null) return null;
  const [, day = '', time = '', hours = '', minutes = '00'] = found;
  const ms = Date.parse(`${day}T${time}${hours}:${minutes}`);
  return Number.isNaN(ms) ? null : ms;
}
