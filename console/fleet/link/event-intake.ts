/** Which of the events a device sent are stored, which are refused, and how far it is acknowledged. Pure. */
import * as z from 'zod';
import { eventDataSchemas, eventSchema, isEventKind, type DeviceEvent } from '#protocol/events.ts';
import { counter } from '#protocol/words.ts';

export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Intake {
  readonly store: readonly DeviceEvent[];
  readonly rejected: readonly { readonly seq: number; readonly problem: string }[];
  /** Numbers that never come: the device does not have them any more. */
  readonly gaps: readonly Range[];
  /** Everything up to here is stored, rejected or in a gap. */
  readonly acknowledged: number;
  /** The first event lies beyond numbers that the device may still have; it is told how far we are and sends again. */
  readonly behind: boolean;
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

export interface Known {
  /** Acknowledged before; null for a journal never seen. */
  readonly acknowledged: number | null;
  /** The device was told already that we are behind, and still begins later. */
  readonly toldBehind: boolean;
}

/**
 * Devices send in order what they have, so a number missing between two events was dropped there and is a gap. A hole in
 * front of the first one may only mean that the device believes we had it (we were restored from an older backup): it is
 * told once, and only what it then leaves out is a gap.
 */
export function takeIn(known: Known, oldestSeq: number, events: readonly Judged[]): Intake {
  const gaps: Range[] = [];
  let acknowledged = known.acknowledged ?? 0;
  const skipTo = (next: number): void => {
    if (next > acknowledged + 1) gaps.push({ from: acknowledged + 1, to: next - 1 });
    acknowledged = Math.max(acknowledged, next - 1);
  };
  skipTo(oldestSeq);
  const ordered = events.filter((event) => event.seq > acknowledged).toSorted((a, b) => a.seq - b.seq);
  const first = ordered[0];
  const behind = first !== undefined && first.seq > acknowledged + 1;
  if (behind && !known.toldBehind) return { store: [], rejected: [], gaps, acknowledged, behind };
  const store: DeviceEvent[] = [];
  const rejected: { seq: number; problem: string }[] = [];
  for (const { seq, event, problem } of ordered) {
    if (seq <= acknowledged) continue;
    skipTo(seq);
    acknowledged = seq;
    if (event === null) rejected.push({ seq, problem });
    else store.push(event);
  }
  return { store, rejected, gaps, acknowledged, behind: false };
}
