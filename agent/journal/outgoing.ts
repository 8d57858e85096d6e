/** Which events go out next. The console takes numbers in one unbroken run, so a batch never spans a hole. Pure. */
import type { DeviceEvent } from '#protocol/events.ts';
import type { Retained } from '#agent/journal/compaction.ts';

export interface ReadRange {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly countMax: number;
  readonly bytesMax: number;
}

export interface Outgoing {
  /** Lowest number of the unbroken run that these belong to, sent or not: below it is what cannot be sent any more. */
  readonly oldestSeq: number;
  readonly events: readonly DeviceEvent[];
}

export function readRun(retained: readonly Retained[], newestSeq: number, range: ReadRange): Outgoing {
  const { fromSeq, toSeq, countMax, bytesMax } = range;
  const first = retained.findIndex(({ record }) => record.seq >= fromSeq);
  const events: DeviceEvent[] = [];
  let bytes = 0;
  for (const entry of first === -1 ? [] : retained.slice(first)) {
    const { seq } = entry.record;
    const last = events.at(-1);
    bytes += entry.bytes;
    if (seq > toSeq || (last !== undefined && seq !== last.seq + 1)) break;
    if (events.length >= countMax || (bytes > bytesMax && last !== undefined)) break;
    events.push(eventOf(entry));
  }
  const oldestSeq = startOfRun(retained, first === -1 ? retained.length - 1 : first);
  return { oldestSeq: oldestSeq ?? newestSeq + 1, events };
}

export function eventOf({ record }: Retained): DeviceEvent {
  const { seq, at, kind, data } = record;
  return { seq, at, kind, data };
}

function startOfRun(retained: readonly Retained[], index: number): number | null {
  let start = index;
  while (start > 0 && retained[start - 1]?.record.seq === (retained[start]?.record.seq ?? 0) - 1) start -= 1;
  return retained[start]?.record.seq ?? null;
}
