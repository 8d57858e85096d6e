/** Attempts as people read them, folded from the events of a device. Pure; used by the server and in tests. */
import * as z from 'zod';
import { candidateSchema } from '#protocol/assignment.ts';
import { eventDataSchemas, type EventData } from '#protocol/events.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { attemptSteps, counter, idText, isoTime, longText, shortText } from '#protocol/words.ts';

/** Of each run's output an attempt keeps the end; the timeline has all that the device sent. */
const outputCharactersMax = 16 * 1024;

export const attemptSchema = z.object({
  journalId: idText,
  attempt: counter,
  trigger: z.enum(['automatic', 'retry', 'repair']).nullable(),
  package: candidateSchema
    .pick({ target: true, version: true, fileName: true, sizeBytes: true, source: true })
    .nullable(),
  startedAt: isoTime,
  endedAt: isoTime.nullable(),
  /** null: still running. */
  result: z.enum(['protected', 'installed', 'failed', 'superseded', 'unknown']).nullable(),
  fault: faultRecordSchema.nullable(),
  nextAttemptAt: isoTime.nullable(),
  /** The last word of each step, in the order they began. */
  steps: z
    .array(
      z.object({
        step: z.enum(attemptSteps),
        result: z.enum(['started', 'ok', 'failed', 'waiting']),
        startedAt: isoTime,
        at: isoTime,
        detail: longText,
        fault: faultRecordSchema.nullable(),
      }),
    )
    .max(attemptSteps.length),
  runs: z
    .array(
      z.object({
        run: counter,
        at: isoTime,
        exitCode: z.int().nullable(),
        signal: shortText.nullable(),
        meaning: longText,
        durationMs: counter,
        output: z.string().max(outputCharactersMax),
      }),
    )
    .max(20),
});
export type Attempt = z.infer<typeof attemptSchema>;

export interface AttemptEvent {
  readonly journalId: string;
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export const attemptEventKinds = ['attempt-started', 'attempt-step', 'installer-exited', 'attempt-ended'] as const;
type AttemptEventKind = (typeof attemptEventKinds)[number];

/** Attempts of events in the order they happened, newest attempt first. Events of other kinds and broken ones are skipped. */
export function attemptsOf(events: readonly AttemptEvent[]): Attempt[] {
  const attempts = new Map<string, Attempt>();
  for (const event of events) {
    if (!isAttemptEvent(event.kind)) continue;
    const parsed = eventDataSchemas[event.kind].safeParse(event.data);
    if (!parsed.success) continue;
    const key = `${event.journalId} ${parsed.data.attempt}`;
    const attempt = attempts.get(key) ?? emptyAttempt(event, parsed.data.attempt);
    attempts.set(key, appliers[event.kind](attempt, event.at, parsed.data as never));
  }
  return [...attempts.values()].toReversed();
}

function isAttemptEvent(kind: string): kind is AttemptEventKind {
  return attemptEventKinds.some((known) => known === kind);
}

function emptyAttempt(event: AttemptEvent, attempt: number): Attempt {
  return {
    journalId: event.journalId,
    attempt,
    trigger: null,
    package: null,
    startedAt: event.at,
    endedAt: null,
    result: null,
    fault: null,
    nextAttemptAt: null,
    steps: [],
    runs: [],
  };
}

type Parsed<K extends AttemptEventKind> = Required<EventData<K>> & z.output<(typeof eventDataSchemas)[K]>;

const appliers: { readonly [K in AttemptEventKind]: (attempt: Attempt, at: string, data: Parsed<K>) => Attempt } = {
  'attempt-started': (attempt, at, data) => ({
    ...attempt,
    startedAt: at,
    trigger: data.trigger,
    package: data.package,
  }),
  'attempt-step': (attempt, at, data) => {
    const { step, result, detail, fault } = data;
    const before = attempt.steps.find((known) => known.step === step);
    const next = { step, result, detail, fault, at, startedAt: before?.startedAt ?? at };
    const steps = before
      ? attempt.steps.map((known) => (known.step === step ? next : known))
      : [...attempt.steps, next];
    return { ...attempt, steps };
  },
  'installer-exited': (attempt, at, data) => {
    const { run, exitCode, signal, meaning, durationMs } = data;
    const output = data.output.slice(-outputCharactersMax);
    return {
      ...attempt,
      runs: [...attempt.runs, { run, at, exitCode, signal, meaning, durationMs, output }].slice(-20),
    };
  },
  'attempt-ended': (attempt, at, data) => ({
    ...attempt,
    endedAt: at,
    result: data.result,
    fault: data.fault,
    nextAttemptAt: data.nextAttemptAt,
  }),
};
