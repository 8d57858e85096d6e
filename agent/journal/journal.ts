/**
 * Crash memory, timeline and outbox in one append-only file. A record is durable when the promise of its writing resolves;
 * nothing that has an effect is begun before its record is.
 */
import { asFault, Fault } from '#protocol/codes.ts';
import { eventDataSchemas, type DeviceEvent, type EventData, type EventKind } from '#protocol/events.ts';
import type { AppendFile } from '#platform/files.ts';
import type { Change, Memory } from '#agent/memory/memory.ts';
import { applyChange } from '#agent/memory/memory-folds.ts';
import { compact, type Retained } from '#agent/journal/compaction.ts';
import { fileName, loadJournal, snapshotRecord, type LoadOptions, type Opened } from '#agent/journal/load.ts';
import { eventOf, readRun, type Outgoing, type ReadRange } from '#agent/journal/outgoing.ts';
import { encodeRecord, encodeTogether, type EventRecord, type JournalRecord } from '#agent/journal/record.ts';

const reserveName = 'journal.reserve';
const compactAboveBytes = 2 * 1024 * 1024;
/** Enough for the records of an attempt that ends while the disk is full. */
const reserveBytes = 128 * 1024;

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
  const file = await options.directory.append(fileName);
  const writer = new JournalWriter(options, opened, file);
  await writer.prepare();
  await writer.startAnew();
  return writer;
}

class JournalWriter implements Journal {
  #options: LoadOptions;
  #state: Opened;
  #file: AppendFile;
  #queue: Promise<unknown> = Promise.resolve();
  #broken: Fault | null = null;
  #tight = false;
  #compactAboveBytes = compactAboveBytes;

  constructor(options: LoadOptions, state: Opened, file: AppendFile) {
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
    return this.#broken;
  }
  get tight(): boolean {
    return this.#tight;
  }

  /** Makes sure the reserve is there; a disk too full for it is noticed now and not in mid-install. */
  async prepare(): Promise<void> {
    try {
      await this.#options.directory.create(reserveName, new Uint8Array(reserveBytes));
      this.#tight = false;
    } catch (error) {
      if (asFault(error).code !== 'state.no-space') throw error;
      this.#tight = true;
    }
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
    return this.#enqueue(async () => {
      if (this.#broken !== null && this.#broken.code !== 'state.no-space') return;
      if (this.#broken !== null) await this.#reopen().catch(() => undefined);
      await this.prepare().catch((error: unknown) => this.#fail(error));
      if (!this.#tight && this.#broken?.code === 'state.no-space') this.#broken = null;
    });
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
    if (this.#broken !== null) throw this.#broken;
    const records: JournalRecord[] = [];
    let { seq } = this.#state;
    for (const make of makers) {
      const record = make(seq + 1);
      if (record.type === 'event') seq = record.seq;
      records.push(record);
    }
    await this.#appendBytes(encodeTogether(records));
    for (const record of records) this.#remember(record);
    if (this.#state.sizeBytes > this.#compactAboveBytes) await this.#compact();
  }

  async #appendBytes(bytes: Buffer): Promise<void> {
    try {
      await this.#file.append(bytes);
    } catch (error) {
      if (asFault(error).code !== 'state.no-space' || this.#tight) throw this.#fail(error);
      await this.#useReserve(bytes).catch((second: unknown) => {
        throw this.#fail(second);
      });
    }
    this.#state.sizeBytes += bytes.length;
  }

  /** Gives the reserved space back and writes once more. */
  async #useReserve(bytes: Buffer): Promise<void> {
    this.#tight = true;
    await this.#options.directory.remove(reserveName);
    await this.#reopen();
    await this.#file.append(bytes);
  }

  /** A file that failed takes nothing any more; opened again, its half-written tail is cut. */
  async #reopen(): Promise<void> {
    await this.#file.close();
    this.#file = await this.#options.directory.append(fileName);
    await this.#file.truncate(this.#state.sizeBytes);
  }

  /** After a failed fsync the kernel may have dropped the data and will not say so again: nothing may be started any more. */
  #fail(error: unknown): Fault {
    const fault = asFault(error);
    this.#broken =
      fault.code === 'agent.defect' ? new Fault('state.disk-error', fault.message, { cause: error }) : fault;
    return this.#broken;
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
    this.#compactAboveBytes = Math.max(compactAboveBytes, 2 * this.#state.sizeBytes);
  }

  /** False when there was no space for it. Closed first: Windows puts nothing in the place of a file that is open. */
  async #replaceFile(bytes: Uint8Array): Promise<boolean> {
    let replaced = true;
    try {
      await this.#file.close();
      await this.#options.directory.replace(fileName, bytes).catch((error: unknown) => {
        if (asFault(error).code !== 'state.no-space') throw error;
        replaced = false;
      });
      this.#file = await this.#options.directory.append(fileName);
    } catch (error) {
      throw this.#fail(error);
    }
    return replaced;
  }

  /** New file, fsync, rename, fsync directory; then go on in it. Without space for it the old one stays. */
  async #rewrite(next: Opened): Promise<void> {
    const { journalId, seq, acknowledged, memory } = next;
    const bytes = Buffer.concat([
      encodeRecord(snapshotRecord({ journalId, seq, acknowledged, memory })),
      ...next.retained.map((entry) => encodeRecord(entry.record)),
    ]);
    const replaced = await this.#replaceFile(bytes);
    if (!replaced) return;
    this.#state = { ...next, sizeBytes: bytes.length };
    if (this.#tight) await this.prepare();
  }
}

function droppedRecord(range: { from: number; to: number }, seq: number, at: string): Retained {
  const data = { ...range, reason: 'the outbox was full' };
  const record: EventRecord = { v: 1, type: 'event', seq, at, kind: 'events-dropped', data };
  return { record, bytes: encodeRecord(record).length };
}
