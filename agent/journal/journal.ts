/**
 * Crash memory, timeline and outbox in one append-only file. A record is durable when the promise of its writing resolves;
 * nothing that has an effect is begun before its record is.
 */
import { asFault, Fault } from '#protocol/codes.ts';
import { eventDataSchemas, type DeviceEvent, type EventData, type EventKind } from '#protocol/events.ts';
import type { AppendFile } from '#platform/files.ts';
import { applyChange, type Change, type Memory } from '#agent/memory.ts';
import { compact, type Retained } from '#agent/journal/compaction.ts';
import { fileName, loadJournal, snapshotRecord, type LoadOptions, type Opened } from '#agent/journal/load.ts';
import { encodeRecord, type EventRecord, type JournalRecord } from '#agent/journal/record.ts';

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
  readonly acknowledgedSeq: number;
  /** Set once a write was not confirmed by the disk: from then on nothing may be started. */
  readonly broken: Fault | null;
  /** The reserve is in use: new work must wait for space. */
  readonly tight: boolean;
  /** All entries in one durable write. Faults `state.disk-error` and `state.no-space`. */
  write(...entries: readonly Entry[]): Promise<void>;
  acknowledge(seq: number): Promise<void>;
  /** Retained events from `fromSeq`, oldest first, within the bounds. */
  readEvents(fromSeq: number, countMax: number, bytesMax: number): Promise<readonly DeviceEvent[]>;
  close(): Promise<void>;
}

export async function openJournal(options: LoadOptions): Promise<Journal> {
  const opened = await loadJournal(options);
  const file = await options.directory.append(fileName);
  const writer = new JournalWriter(options, opened, file);
  await writer.prepare();
  return writer;
}

class JournalWriter implements Journal {
  #options: LoadOptions;
  #state: Opened;
  #file: AppendFile;
  #queue: Promise<unknown> = Promise.resolve();
  #broken: Fault | null = null;
  #tight = false;

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

  async readEvents(fromSeq: number, countMax: number, bytesMax: number): Promise<readonly DeviceEvent[]> {
    const events: DeviceEvent[] = [];
    let bytes = 0;
    for (const { record, bytes: size } of this.#state.retained) {
      if (record.seq < fromSeq) continue;
      bytes += size;
      if (events.length >= countMax || (bytes > bytesMax && events.length > 0)) break;
      events.push({ seq: record.seq, at: record.at, kind: record.kind, data: record.data });
    }
    return events;
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
  #record(entry: Entry): () => JournalRecord {
    const at = this.#options.timestamp();
    if ('event' in entry) {
      const data = eventDataSchemas[entry.event].parse(entry.data) as Record<string, unknown>;
      return () => ({ v: 1, type: 'event', seq: this.#state.seq + 1, at, kind: entry.event, data });
    }
    const { change, ...data } = entry;
    return () => ({ v: 1, type: 'memory', at, change, data });
  }

  async #append(makers: readonly (() => JournalRecord)[]): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    const before = { ...this.#state, retained: [...this.#state.retained] };
    const buffers: Buffer[] = [];
    for (const make of makers) {
      const record = make();
      const bytes = encodeRecord(record);
      buffers.push(bytes);
      this.#remember(record, bytes.length);
    }
    try {
      await this.#appendBytes(Buffer.concat(buffers));
    } catch (error) {
      this.#state = before;
      throw error;
    }
    if (this.#state.sizeBytes > compactAboveBytes) await this.#compact();
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

  /** Gives the reserved space back and writes once more; the half-written tail is cut first. */
  async #useReserve(bytes: Buffer): Promise<void> {
    this.#tight = true;
    await this.#options.directory.remove(reserveName);
    await this.#file.truncate(this.#state.sizeBytes);
    await this.#file.append(bytes);
  }

  /** After a failed fsync the kernel may have dropped the data and will not say so again: nothing may be started any more. */
  #fail(error: unknown): Fault {
    const fault = asFault(error);
    this.#broken =
      fault.code === 'agent.defect' ? new Fault('state.disk-error', fault.message, { cause: error }) : fault;
    return this.#broken;
  }

  #remember(record: JournalRecord, bytes: number): void {
    const state = this.#state;
    if (record.type === 'event') {
      state.seq = record.seq;
      state.retained.push({ record: record satisfies EventRecord, bytes });
    } else if (record.type === 'memory') {
      state.memory = applyChange(state.memory, { change: record.change, ...record.data } as Change);
    } else if (record.type === 'acknowledged') {
      state.acknowledged = record.seq;
    }
  }

  /** New file, fsync, rename, fsync directory; then go on in it. */
  async #compact(): Promise<void> {
    const state = this.#state;
    const { retained, dropped } = compact(state.retained, state.acknowledged);
    const seq = dropped === null ? state.seq : state.seq + 1;
    const kept = dropped === null ? retained : [...retained, droppedRecord(dropped, seq, this.#options.timestamp())];
    const { journalId, acknowledged, memory } = state;
    const bytes = Buffer.concat([
      encodeRecord(snapshotRecord({ journalId, seq, acknowledged, memory })),
      ...kept.map((entry) => encodeRecord(entry.record)),
    ]);
    try {
      await this.#options.directory.replace(fileName, bytes);
      await this.#file.close();
      this.#file = await this.#options.directory.append(fileName);
    } catch (error) {
      if (asFault(error).code === 'state.no-space') return;
      throw this.#fail(error);
    }
    this.#state = { ...state, seq, retained: kept, sizeBytes: bytes.length };
    if (this.#tight) await this.prepare();
  }
}

function droppedRecord(range: { from: number; to: number }, seq: number, at: string): Retained {
  const data = { ...range, reason: 'the outbox was full' };
  const record: EventRecord = { v: 1, type: 'event', seq, at, kind: 'events-dropped', data };
  return { record, bytes: encodeRecord(record).length };
}
