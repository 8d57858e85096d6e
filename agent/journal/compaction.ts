/**
 * What stays when the journal is rewritten. Three retentions: unacknowledged events (the outbox, ≤ 8 MB), the last 20
 * attempts (the timeline), and the memory, which the snapshot carries. Pure.
 */
import type { EventRecord } from '#agent/journal/record.ts';

const outboxBytesMax = 8 * 1024 * 1024;
/** The timeline of acknowledged events is for local reading; it must not keep the file large. */
const timelineBytesMax = 1024 * 1024;
const timelineAttemptsMax = 20;

export interface Retained {
  readonly record: EventRecord;
  readonly bytes: number;
}

export interface Compacted {
  readonly retained: Retained[];
  /** Range of unacknowledged events that were dropped; null when none was. */
  readonly dropped: { readonly from: number; readonly to: number } | null;
}

export function compact(events: readonly Retained[], acknowledged: number): Compacted {
  const outbox = shrink(events.filter((event) => event.record.seq > acknowledged));
  const timeline = lastAttempts(events.filter((event) => event.record.seq <= acknowledged));
  return { retained: [...timeline, ...outbox.kept], dropped: outbox.dropped };
}

/** In this order: outputs of installers, state changes that were followed by another one, then the oldest events. */
function shrink(outbox: readonly Retained[]): { kept: Retained[]; dropped: Compacted['dropped'] } {
  let kept = [...outbox];
  if (total(kept) > outboxBytesMax) kept = kept.map(withoutOutput);
  if (total(kept) > outboxBytesMax) kept = coalesceStates(kept);
  let over = total(kept) - outboxBytesMax;
  let cut = 0;
  while (over > 0 && cut < kept.length) over -= kept[cut++]?.bytes ?? 0;
  kept = kept.slice(cut);
  return { kept, dropped: gapsOf(outbox, kept) };
}

function gapsOf(before: readonly Retained[], after: readonly Retained[]): Compacted['dropped'] {
  const left = new Set(after.map((event) => event.record.seq));
  const gone = before.map((event) => event.record.seq).filter((seq) => !left.has(seq));
  const from = gone[0];
  const to = gone.at(-1);
  return from === undefined || to === undefined ? null : { from, to };
}

function total(events: readonly Retained[]): number {
  return events.reduce((sum, event) => sum + event.bytes, 0);
}

function withoutOutput(event: Retained): Retained {
  if (event.record.kind !== 'installer-exited') return event;
  const record = { ...event.record, data: { ...event.record.data, output: '(dropped: the outbox was full)' } };
  return { record, bytes: JSON.stringify(record).length + 10 };
}

function coalesceStates(events: readonly Retained[]): Retained[] {
  const last = events.findLastIndex((event) => event.record.kind === 'state-changed');
  return events.filter((event, index) => event.record.kind !== 'state-changed' || index === last);
}

function lastAttempts(events: readonly Retained[]): Retained[] {
  const starts = events.flatMap((event, index) => (event.record.kind === 'attempt-started' ? [index] : []));
  const from = starts.at(-timelineAttemptsMax) ?? 0;
  const kept = events.slice(from);
  let bytes = 0;
  const first = kept.findLastIndex((event) => (bytes += event.bytes) > timelineBytesMax);
  return kept.slice(first + 1);
}
