/** What happened, in words. Pure. */
import { events } from '#console/web/words.ts';
import type { ActivityEntry } from '#console/api/activity.ts';
import { plain } from '#console/web/device-text.ts';

function sentence(text: string): string {
  const words = plain(text).replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "device.revoked" is "Device: revoked"; what devices tell has names of its own. */
export function whatWords({ source, what }: Pick<ActivityEntry, 'source' | 'what'>): string {
  const named: Readonly<Record<string, string>> = events;
  if (source === 'devices') return (Object.hasOwn(named, what) ? named[what] : undefined) ?? sentence(what);
  const [thing = '', ...deed] = what.split('.');
  return deed.length === 0 ? sentence(thing) : `${sentence(thing)}: ${deed.join(' ').replaceAll('-', ' ')}`;
}

/** "operator:ann" is "ann", "console:sweep" is "the console (sweep)". */
export function whoWords({ source, who }: Pick<ActivityEntry, 'source' | 'who'>): string {
  if (source === 'devices') return plain(who);
  const [kind, ...name] = plain(who).split(':');
  const rest = name.join(':');
  if (kind === 'console') return `the console (${rest.replaceAll('-', ' ')})`;
  return rest === '' ? plain(who) : rest;
}
