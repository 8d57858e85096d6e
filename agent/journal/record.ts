/**
 * One line of the journal: `CRC32(hex, 8) SPACE JSON LF`, CRC over the JSON bytes; JSON is a record, or an array of records
 * that were written together and are all there or none. The version stands in every record, so that a file written across
 * an update is read record by record.
 */
import { crc32 } from 'node:zlib';
import * as z from 'zod';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

const json = z.record(z.string(), z.unknown());

export const recordSchema = z.discriminatedUnion('type', [
  /** First in every file: what has been forgotten as records is kept here as its sum. */
  z.object({
    v: z.literal(1),
    type: z.literal('snapshot'),
    journalId: idText,
    seq: counter,
    acknowledged: counter,
    memory: json,
  }),
  /** Travels to the console. */
  z.object({ v: z.literal(1), type: z.literal('event'), seq: counter, at: isoTime, kind: shortText, data: json }),
  /** Stays on the device: a change of its memory. */
  z.object({ v: z.literal(1), type: z.literal('memory'), at: isoTime, change: shortText, data: json }),
  z.object({ v: z.literal(1), type: z.literal('acknowledged'), seq: counter }),
]);
export type JournalRecord = z.infer<typeof recordSchema>;
export type EventRecord = Extract<JournalRecord, { type: 'event' }>;

export function encodeRecord(record: JournalRecord): Buffer {
  return encodeLine(record);
}

/** Records that belong together: a torn write loses all of them. */
export function encodeTogether(records: readonly JournalRecord[]): Buffer {
  const [only] = records;
  return records.length === 1 && only !== undefined ? encodeLine(only) : encodeLine(records);
}

function encodeLine(content: JournalRecord | readonly JournalRecord[]): Buffer {
  const body = Buffer.from(JSON.stringify(content));
  return Buffer.concat([Buffer.from(`${crc32(body).toString(16).padStart(8, '0')} `), body, Buffer.from('\n')]);
}

export type Decoded =
  | {
      readonly ok: true;
      readonly records: readonly { record: JournalRecord; offset: number; length: number }[];
      readonly goodBytes: number;
    }
  | { readonly ok: false; readonly why: string };

/**
 * Decodes a whole file. A damaged or cut last line is a torn write and is left out (`goodBytes` ends before it); damage
 * anywhere else means that nothing after it can be believed.
 */
export function decodeJournal(bytes: Uint8Array): Decoded {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: { record: JournalRecord; offset: number; length: number }[] = [];
  let offset = 0;
  while (offset < buffer.length) {
    const end = buffer.indexOf(0x0a, offset);
    const last = end === -1 || end === buffer.length - 1;
    const together = end === -1 ? null : decodeLine(buffer.subarray(offset, end));
    if (together === null) {
      if (last) break;
      return { ok: false, why: `damaged record at byte ${offset}` };
    }
    const length = Math.ceil((end + 1 - offset) / together.length);
    for (const record of together) records.push({ record, offset, length });
    offset = end + 1;
  }
  const problem = orderProblem(records.map((entry) => entry.record));
  return problem === null ? { ok: true, records, goodBytes: offset } : { ok: false, why: problem };
}

const lineSchema = z.union([recordSchema.transform((record) => [record]), z.array(recordSchema).min(1)]);

function decodeLine(line: Buffer): readonly JournalRecord[] | null {
  if (line.length < 10 || line[8] !== 0x20) return null;
  const body = line.subarray(9);
  if (crc32(body).toString(16).padStart(8, '0') !== line.subarray(0, 8).toString('latin1')) return null;
  try {
    const parsed = lineSchema.safeParse(JSON.parse(body.toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** A file begins with a snapshot and its event numbers rise one by one from there, whatever was forgotten before. */
function orderProblem(records: readonly JournalRecord[]): string | null {
  const [first, ...rest] = records;
  if (first === undefined) return null;
  if (first.type !== 'snapshot') return 'does not begin with a snapshot';
  let seq = -1;
  for (const record of rest) {
    if (record.type === 'snapshot') return 'holds two snapshots';
    if (record.type !== 'event') continue;
    if (seq !== -1 && record.seq <= seq) return `event ${record.seq} follows ${seq}`;
    seq = record.seq;
  }
  return null;
}
