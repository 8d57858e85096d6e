/** Reads a journal back: its memory, its numbers, its retained events. */
import type { Directory } from '#platform/files.ts';
import { emptyMemory, type Change, type Memory } from '#agent/memory/memory.ts';
import { applyChange, isChangeName, readMemory } from '#agent/memory/memory-folds.ts';
import type { Retained } from '#agent/journal/compaction.ts';
import { decodeJournal, encodeRecord, type JournalRecord } from '#agent/journal/record.ts';

export const fileName = 'journal';
const fileBytesMax = 24 * 1024 * 1024;

export interface LoadOptions {
  readonly directory: Directory;
  /** Random per file: a lost or rolled-back journal never reuses a number. */
  readonly newJournalId: () => string;
  /** ISO time for records, the console's as far as known. */
  readonly timestamp: () => string;
}

export interface Opened {
  journalId: string;
  memory: Memory;
  seq: number;
  acknowledged: number;
  retained: Retained[];
  sizeBytes: number;
  lost: string | null;
}

/** Reads the file; a damaged one is renamed and replaced by an empty one that says so. */
export async function loadJournal(options: LoadOptions): Promise<Opened> {
  const { directory } = options;
  const bytes = await directory.read(fileName, fileBytesMax);
  const decoded = bytes === null || bytes.length === 0 ? null : decodeJournal(bytes);
  if (decoded?.ok === true && decoded.records.length > 0) {
    if (bytes !== null && decoded.goodBytes < bytes.length) await cutTail(directory, decoded.goodBytes);
    return replay(
      decoded.records.map((entry) => ({ ...entry })),
      decoded.goodBytes,
    );
  }
  const lost = decoded === null ? null : decoded.ok ? 'cut off before its first record' : decoded.why;
  if (bytes !== null && lost !== null)
    await directory.replace(`journal.damaged-${Date.parse(options.timestamp())}`, bytes);
  return startAfresh(options, lost);
}

async function cutTail(directory: Directory, sizeBytes: number): Promise<void> {
  const file = await directory.append(fileName);
  try {
    await file.truncate(sizeBytes);
  } finally {
    await file.close();
  }
}

async function startAfresh(options: LoadOptions, lost: string | null): Promise<Opened> {
  const journalId = options.newJournalId();
  const snapshot = encodeRecord(snapshotRecord({ journalId, seq: 0, acknowledged: 0, memory: emptyMemory }));
  await options.directory.replace(fileName, snapshot);
  return { journalId, memory: emptyMemory, seq: 0, acknowledged: 0, retained: [], sizeBytes: snapshot.length, lost };
}

function replay(
  records: readonly { record: JournalRecord; offset: number; length: number }[],
  sizeBytes: number,
): Opened {
  const opened: Opened = {
    journalId: '',
    memory: emptyMemory,
    seq: 0,
    acknowledged: 0,
    retained: [],
    sizeBytes,
    lost: null,
  };
  for (const { record, length } of records) {
    if (record.type === 'snapshot') {
      opened.journalId = record.journalId;
      opened.seq = record.seq;
      opened.acknowledged = record.acknowledged;
      opened.memory = readMemory(record.memory);
    } else if (record.type === 'event') {
      opened.seq = Math.max(opened.seq, record.seq);
      opened.retained.push({ record, bytes: length });
    } else if (record.type === 'memory' && isChangeName(record.change)) {
      opened.memory = applyChange(opened.memory, { change: record.change, ...record.data } as Change);
    } else if (record.type === 'acknowledged') {
      opened.acknowledged = Math.max(opened.acknowledged, record.seq);
    }
  }
  return opened;
}

export function snapshotRecord(sum: {
  journalId: string;
  seq: number;
  acknowledged: number;
  memory: Memory;
}): JournalRecord {
  return { v: 1, type: 'snapshot', ...sum, memory: { ...sum.memory } };
}
