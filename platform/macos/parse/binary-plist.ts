/**
 * The binary property list ("bplist00"), as CFBinaryPList.c of Apple's open CoreFoundation lays it out: objects, a table
 * of their offsets, and 32 bytes at the end that say where the table is. `plutil -convert json` is no way to it: it
 * refuses a list that holds a date or data, and would be one program a bundle.
 */
import type { PlistValue } from '#platform/macos/parse/plist.ts';

const trailerBytes = 32;
const depthMax = 64;
/** Of an application's own description; more is not one. */
const objectsMax = 50_000;

interface Reading {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offsets: readonly number[];
  readonly referenceBytes: number;
  /** Objects read so far: a list may name one object a million times. */
  read: number;
}

class Malformed extends Error {}

export function parseBinaryPlist(bytes: Uint8Array): PlistValue | null {
  try {
    return readTop(bytes);
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return null;
    throw error;
  }
}

function readTop(bytes: Uint8Array): PlistValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trailer = bytes.byteLength - trailerBytes;
  const offsetBytes = view.getUint8(trailer + 6);
  const referenceBytes = view.getUint8(trailer + 7);
  const count = unsigned(view, trailer + 8, 8);
  const top = unsigned(view, trailer + 16, 8);
  const table = unsigned(view, trailer + 24, 8);
  if (count > objectsMax || top >= count || table + count * offsetBytes > trailer) throw new Malformed();
  const offsets = Array.from({ length: count }, (_, index) => unsigned(view, table + index * offsetBytes, offsetBytes));
  return objectAt({ bytes, view, offsets, referenceBytes, read: 0 }, top, 0);
}

/** Big-endian, 1 to 8 bytes. */
function unsigned(view: DataView, at: number, length: number): number {
  if (length < 1 || length > 8) throw new Malformed();
  let value = 0;
  for (let index = 0; index < length; index += 1) value = value * 256 + view.getUint8(at + index);
  return value;
}

function objectAt(reading: Reading, reference: number, depth: number): PlistValue {
  const at = reading.offsets[reference];
  reading.read += 1;
  if (at === undefined || depth > depthMax || reading.read > objectsMax) throw new Malformed();
  const marker = reading.view.getUint8(at);
  const low = marker & 0x0f;
  switch (marker >> 4) {
    case 0x0:
      return simple(low);
    case 0x1:
      return unsigned(reading.view, at + 1, Math.min(8, 2 ** low));
    case 0x2:
      return real(reading.view, at + 1, low);
    case 0x3:
      return new Date((reading.view.getFloat64(at + 1) + appleEpochSeconds) * 1000).toISOString();
    case 0x8:
      return unsigned(reading.view, at + 1, low + 1);
    default:
      return counted(reading, at, depth);
  }
}

/** Seconds from 1970 to 2001, where Apple's clock begins. */
const appleEpochSeconds = 978_307_200;

function simple(low: number): PlistValue {
  if (low === 0x8) return false;
  if (low === 0x9) return true;
  throw new Malformed();
}

function real(view: DataView, at: number, low: number): number {
  if (low === 2) return view.getFloat32(at);
  if (low === 3) return view.getFloat64(at);
  throw new Malformed();
}

/** Data, strings, arrays and dictionaries: a length in the marker, or in an integer object after it. */
function counted(reading: Reading, at: number, depth: number): PlistValue {
  const kind = reading.view.getUint8(at) >> 4;
  const { length, begin } = lengthAt(reading.view, at);
  switch (kind) {
    case 0x4:
      return hex(slice(reading.bytes, begin, length));
    case 0x5:
      return new TextDecoder('latin1').decode(slice(reading.bytes, begin, length));
    case 0x6:
      return new TextDecoder('utf-16be').decode(slice(reading.bytes, begin, length * 2));
    case 0xa:
    case 0xc:
      return references(reading, begin, length).map((item) => objectAt(reading, item, depth + 1));
    case 0xd:
      return dictionary(reading, { begin, length, depth });
    default:
      throw new Malformed();
  }
}

function lengthAt(view: DataView, at: number): { length: number; begin: number } {
  const low = view.getUint8(at) & 0x0f;
  if (low !== 0x0f) return { length: low, begin: at + 1 };
  const marker = view.getUint8(at + 1);
  const bytes = 2 ** (marker & 0x0f);
  if (marker >> 4 !== 0x1 || bytes > 8) throw new Malformed();
  return { length: unsigned(view, at + 2, bytes), begin: at + 2 + bytes };
}

function slice(bytes: Uint8Array, begin: number, length: number): Uint8Array {
  if (begin + length > bytes.byteLength) throw new Malformed();
  return bytes.subarray(begin, begin + length);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function references({ view, referenceBytes }: Reading, begin: number, length: number): readonly number[] {
  if (length > objectsMax) throw new Malformed();
  return Array.from({ length }, (_, index) => unsigned(view, begin + index * referenceBytes, referenceBytes));
}

function dictionary(reading: Reading, where: { begin: number; length: number; depth: number }): PlistValue {
  const { begin, length, depth } = where;
  const keys = references(reading, begin, length);
  const values = references(reading, begin + length * reading.referenceBytes, length);
  const entries = new Map<string, PlistValue>();
  for (const [index, reference] of keys.entries()) {
    const key = objectAt(reading, reference, depth + 1);
    const value = values[index];
    if (typeof key !== 'string' || value === undefined || entries.has(key)) throw new Malformed();
    entries.set(key, objectAt(reading, value, depth + 1));
  }
  return { entries };
}
