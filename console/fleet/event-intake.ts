/** Which of the events a device sent are stored, which are refused, and how far it is acknowledged. Pure. */
import * as z from 'zod';
import { eventDataSchemas, eventSchema, isEventKind, type DeviceEvent } from '#protocol/events.ts';
import { counter } from '#protocol/words.ts';

export interface Intake {
  readonly store: readonly DeviceEvent[];
  readonly rejected: readonly { readonly seq: number; readonly problem: string }[];
  /** Numbers that the device cannot send any more. */
  readonly gap: { readonly from: number; readonly to: number } | null;
  /** Everything up to here is stored, rejected or in the gap. */
  readonly acknowledged: number;
}

/** One event as it came: `event` null when it is refused for `problem`. */
export interface Judged {
  readonly seq: number;
  readonly event: DeviceEvent | null;
  readonly problem: string;
}

const numbered = z.object({ seq: counter });
/** The largest known kind carries 64 KB of output; an unknown one may not be larger. */
const eventBytesMax = 72 * 1024;

function objection(error: z.core.$ZodError): string {
  const issue = error.issues[0];
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`.slice(0, 200);
}

/** Unknown kinds are kept as they are; known kinds must have the data they promise. null: has not even a number. */
export function judgeEvent(raw: unknown): Judged | null {
  const number = numbered.safeParse(raw);
  if (!number.success) return null;
  const { seq } = number.data;
  const parsed = eventSchema.safeParse(raw);
  if (!parsed.success) return { seq, event: null, problem: objection(parsed.error) };
  const event = parsed.data;
  if (isEventKind(event.kind)) {
    const data = eventDataSchemas[event.kind].safeParse(event.data);
    if (!data.success) return { seq, event: null, problem: objection(data.error) };
    return { seq, event: { ...event, data: data.data }, problem: '' };
  }
  if (JSON.stringify(event.data).length > eventBytesMax) return { seq, event: null, problem: 'larger than allowed' };
  return { seq, event, problem: '' };
}

/**
 * `known`: acknowledged before; null for a journal never seen. Numbers are taken in one unbroken run; what lies beyond a
 * hole that the device can still fill waits for it.
 */
export function takeIn(known: number | null, oldestSeq: number, events: readonly Judged[]): Intake {
  const before = known ?? 0;
  const lost = oldestSeq > before + 1 ? { from: before + 1, to: oldestSeq - 1 } : null;
  let acknowledged = lost?.to ?? before;
  const store: DeviceEvent[] = [];
  const rejected: { seq: number; problem: string }[] = [];
  for (const { seq, event, problem } of events.toSorted((a, b) => a.seq - b.seq)) {
    if (seq <= acknowledged) continue;
    if (seq !== acknowledged + 1) break;
    acknowledged = seq;
    if (event === null) rejected.push({ seq, problem });
    else store.push(event);
  }
  return { store, rejected, gap: lost, acknowledged };
}
