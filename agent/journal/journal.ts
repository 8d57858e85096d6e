/**
 * Crash memory, timeline and outbox in one append-only file. A record is durable when the promise of its writing resolves;
 * nothing that has an effect is begun before its record is.
 */
import type { Fault } from '#protocol/codes.ts';
import { eventDataSchemas, type DeviceEvent, type EventData, type EventKind } from '#protocol/events.ts';
import type { Change, Memory } from '#agent/memory/memory.ts';
import { applyChange } from '#agent/memory/memory-folds.ts';
import { compact, type Retained } from '#agent/journal/compaction.ts';
import { JournalFile } from '#agent/journal/journal-file.ts';
import { loadJournal, snapshotRecord, type LoadOptions, type Opened } from '#agent/journal/load.ts';
import { eventOf, readRun, type Outgoing, type ReadRange } from '#agent/journal/outgoing.ts';
import { encodeRecord, encodeTogether, type EventRecord, type JournalRecord } from '#agent/journal/record.ts';

const compactAboveBytes = 2 * 1024 * 1024;

export type Entry =
  | { readonly [K in EventKind]: { readonly event: K; readonly data: EventData<K> } }[EventKind]
  | Change;

export interface Journal {
  readonly journalId: string;
  readonly memory: Memory;
  /** What was set aside at opening; null for a sound or a new file. */
  readonly lost: string | null;
  readonly oldestSeq: number;
  readonly newestSeq: number;
  /** Newest number that the console may know: at the first start since it was last heard; the newest once it was. */
  readonly openedSeq: number;
  readonly acknowledgedSeq: number;
  /** Set once a write was not confirmed by the disk: from then on nothing may be started. */
  readonly broken: Fault | null;
  /** The reserve is in use: new work must wait for space. */
  readonly tight: boolean;
  /** All entries in one durable write: all of them are there afterwards, or none. Faults `state.disk-error` and `state.no-space`. */
  write(...entries: readonly Entry[]): Promise<void>;
  acknowledge(seq: number): Promise<void>;
  /** Retained events from `fromSeq` to `toSeq`, oldest first, within the bounds, up to the first that is missing. */
  readEvents(range: ReadRange): Promise<Outgoing>;
  /** All retained events, for local reading. */
  readonly timeline: readonly DeviceEvent[];
  /** Puts the reserve back when there is space again; what a full disk broke is whole then. */
  makeRoom(): Promise<void>;
  /** The file turned out to be an older copy of itself: goes on under a new id with what was written since it was opened. */
  renew(): Promise<void>;
  /** The identity was given up: goes on under a new id without the events so far, which are not the next console's. */
  forgetEvents(): Promise<void>;
  close(): Promise<void>;
}

export async function openJournal(options: LoadOptions): Promise<Journal> {
  const opened = await loadJournal(options);
  const file = await JournalFile.open(options.directory, opened.sizeBytes);
  await file.prepare();
  const writer = new JournalWriter(options, opened, file);
  await writer.startAnew();
  return writer;
}

class JournalWriter implements Journal {
  #options: LoadOptions;
  #state: Opened;
  readonly #file: JournalFile;
  #queue: Promise<unknown> = Promise.resolve();
  #compactAboveBytes = compactAboveBytes;

  constructor(options: LoadOptions, state: Opened, file: JournalFile) {
    this.#options = options;
    this.#state = state;
    this.#file = file;
  }

  get journalId(): string {
    return this.#state.journalId;
  }
  get memory(): Memory {
    return this.#state.memory;
  }
  get lost(): string | null {
    return this.#state.lost;
  }
  get newestSeq(): number {
    return this.#state.seq;
  }
  get oldestSeq(): number {
    return this.#state.retained[0]?.record.seq ?? this.#state.seq + 1;
  }
  get openedSeq(): number {
    return this.#state.memory.unprovedSeq ?? this.#state.seq;
  }
  get acknowledgedSeq(): number {
    return this.#state.acknowledged;
  }
  get broken(): Fault | null {
    return this.#file.broken;
  }
  get tight(): boolean {
    return this.#file.tight;
  }

  /** An earlier process may have ended on a failed fsync: what reads well now may not be on the disk. It is written once more. */
  startAnew(): Promise<void> {
    return this.#enqueue(() => this.#rewrite(this.#state));
  }

  write(...entries: readonly Entry[]): Promise<void> {
    return this.#enqueue(() => this.#append(entries.map((entry) => this.#record(entry))));
  }

  acknowledge(seq: number): Promise<void> {
    return this.#enqueue(async () => {
      const bounded = Math.min(seq, this.#state.seq);
      if (bounded <= this.#state.acknowledged) return;
      await this.#append([() => ({ v: 1, type: 'acknowledged', seq: bounded })]);
    });
  }

  get timeline(): readonly DeviceEvent[] {
    return this.#state.retained.map(eventOf);
  }

  async readEvents(range: ReadRange): Promise<Outgoing> {
    return readRun(this.#state.retained, this.#state.seq, range);
  }

  makeRoom(): Promise<void> {
    return this.#enqueue(() => this.#file.makeRoom());
  }

  renew(): Promise<void> {
    return this.#enqueue(async () => {
      const [state, opened] = [this.#state, this.openedSeq];
      const since = state.retained.filter(({ record }) => record.seq > opened);
      const retained = since.map(({ record, bytes }, index) => ({ record: { ...record, seq: index + 1 }, bytes }));
      const journalId = this.#options.newJournalId();
      await this.#rewrite({ ...state, journalId, seq: retained.length, acknowledged: 0, retained });
    });
  }

  forgetEvents(): Promise<void> {
    return this.#enqueue(async () => {
      const journalId = this.#options.newJournalId();
      await this.#rewrite({ ...this.#state, journalId, seq: 0, acknowledged: 0, retained: [] });
    });
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => undefined);
    await this.#file.close();
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work, work);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** Numbers are given when the write happens, so that concurrent writers cannot cross. */
  #record(entry: Entry): (seq: number) => JournalRecord {
    const at = this.#options.timestamp();
    if ('event' in entry) {
      const data = eventDataSchemas[entry.event].parse(entry.data) as Record<string, unknown>;
      return (seq) => ({ v: 1, type: 'event', seq, at, kind: entry.event, data });
    }
    const { change, ...data } = entry;
    return () => ({ v: 1, type: 'memory', at, change, data });
  }

  /** What is written is known to nobody before it is durable: not to the planner, and not to the console. */
  async #append(makers: readonly ((seq: number) => JournalRecord)[]): Promise<void> {
    if (this.#file.broken !== null) throw this.#file.broken;
    const records: JournalRecord[] = [];
    let { seq } = this.#state;
    for (const make of makers) {
      const record = make(seq + 1);
      if (record.type === 'event') seq = record.seq;
      records.push(record);
    }
    await this.#file.append(encodeTogether(records));
    for (const record of records) this.#remember(record);
    if (this.#file.sizeBytes > this.#compactAboveBytes) await this.#compact();
  }

  #remember(record: JournalRecord): void {
    const state = this.#state;
    if (record.type === 'event') {
      state.seq = record.seq;
      state.retained.push({ record: record satisfies EventRecord, bytes: encodeRecord(record).length });
    } else if (record.type === 'memory') {
      state.memory = applyChange(state.memory, { change: record.change, ...record.data } as Change);
    } else if (record.type === 'acknowledged') {
      state.acknowledged = record.seq;
    }
  }

  async #compact(): Promise<void> {
    const state = this.#state;
    const { retained, dropped } = compact(state.retained, state.acknowledged);
    const seq = dropped === null ? state.seq : state.seq + 1;
    const kept = dropped === null ? retained : [...retained, droppedRecord(dropped, seq, this.#options.timestamp())];
    await this.#rewrite({ ...state, seq, retained: kept });
    // An outbox that nobody fetches is not written anew with every event.
    this.#compactAboveBytes = Math.max(compactAboveBytes, 2 * this.#file.sizeBytes);
  }

  /** Goes on in a new file; without space for it the old one stays. */
  async #rewrite(next: Opened): Promise<void> {
    const { journalId, seq, acknowledged, memory } = next;
    const bytes = Buffer.concat([
      encodeRecord(snapshotRecord({ journalId, seq, acknowledged, memory })),
      ...next.retained.map((entry) => encodeRecord(entry.record)),
    ]);
    if (!(await this.#file.replace(bytes))) return;
    this.#state = next;
    if (this.#file.tight) await this.#file.prepare();
  }
}

function droppedRecord(range: { from: number; to: number }, seq: number, at: string): Retained {
  const data = { ...range, reason: 'the outbox was full' };
  const record: EventRecord = { v: 1, type: 'event', seq, at, kind: 'events-dropped', data };
  return { record, bytes: encodeRecord(record).length };
}
