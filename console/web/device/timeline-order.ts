/** Events and the gaps between them as one list. Pure. */
import type { TimelineEvent, TimelineGap } from '#console/api/devices.ts';

export type TimelineEntry =
  | { readonly kind: 'event'; readonly key: string; readonly event: TimelineEvent }
  | { readonly kind: 'gap'; readonly key: string; readonly gap: TimelineGap };

/** Newest first. A gap stands where it was noticed; those older than the events loaded so far wait for more of them. */
export function inOrder(
  events: readonly TimelineEvent[],
  gaps: readonly TimelineGap[],
  whole: boolean,
): TimelineEntry[] {
  const oldest = events.at(-1)?.receivedAt ?? '';
  const shown = whole ? gaps : gaps.filter((gap) => gap.recordedAt >= oldest);
  const waiting = shown.toSorted((one, other) => other.recordedAt.localeCompare(one.recordedAt));
  const entries: TimelineEntry[] = [];
  const takeGaps = (until: string): void => {
    for (let gap = waiting[0]; gap !== undefined && gap.recordedAt >= until; gap = waiting[0]) {
      entries.push({ kind: 'gap', key: `gap ${gap.journalId} ${gap.from}`, gap });
      waiting.shift();
    }
  };
  for (const event of events) {
    takeGaps(event.receivedAt);
    entries.push({ kind: 'event', key: `${event.journalId} ${event.seq}`, event });
  }
  takeGaps('');
  return entries;
}
