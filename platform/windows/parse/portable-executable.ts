/** Product, version and processor of a Windows program, from its own headers and version resource; nothing in it runs. */
import type { PackageMetadata } from '#platform/platform.ts';
import { Bytes, type ReadAt } from '#platform/windows/parse/read-at.ts';

const machines: Readonly<Record<number, string>> = { 0x8664: 'x64', 0x014c: 'x86', 0xaa64: 'arm64' };
const sectionsMax = 96;
const entriesMax = 4_096;
const resourceBytesMax = 64 * 1024;
const versionType = 16;
const fixedSignature = 0xfeef04bd;

interface Section {
  readonly address: number;
  readonly size: number;
  readonly offset: number;
}

interface Headers {
  readonly architecture: string;
  readonly resourceAddress: number;
  readonly sections: readonly Section[];
}

/** null when it is no program or has no version resource. The version is the resource's four numbers, never its text. */
export async function programMetadata(read: ReadAt): Promise<PackageMetadata | null> {
  const headers = await readHeaders(read);
  if (headers === null) return null;
  const resource = await versionResource(read, headers);
  return resource === null ? null : described(resource, headers.architecture);
}

async function readHeaders(read: ReadAt): Promise<Headers | null> {
  const dos = new Bytes(await read(0, 64));
  if (dos.u16(0) !== 0x5a4d) return null;
  const at = dos.u32(60);
  const head = new Bytes(await read(at, 24 + 240 + sectionsMax * 40));
  if (head.u32(0) !== 0x00004550) return null;
  const magic = head.u16(24);
  if (magic !== 0x10b && magic !== 0x20b) return null;
  const directories = 24 + (magic === 0x20b ? 112 : 96);
  const table = 24 + head.u16(20);
  const count = Math.min(sectionsMax, head.u16(6));
  const sections = Array.from({ length: count }, (_, index) => {
    const row = table + index * 40;
    return {
      address: head.u32(row + 12),
      size: Math.max(head.u32(row + 8), head.u32(row + 16)),
      offset: head.u32(row + 20),
    };
  });
  const architecture = machines[head.u16(4)] ?? 'other';
  return { architecture, resourceAddress: head.u32(directories + 2 * 8), sections };
}

function offsetOf(address: number, { sections }: Headers): number | null {
  const section = sections.find((each) => address >= each.address && address < each.address + each.size);
  return section === undefined ? null : section.offset + (address - section.address);
}

/** Type 16, its first name, its first language: three directories, then the data. */
async function versionResource(read: ReadAt, headers: Headers): Promise<Bytes | null> {
  const root = headers.resourceAddress === 0 ? null : offsetOf(headers.resourceAddress, headers);
  if (root === null) return null;
  let at = root;
  for (const wanted of [versionType, null, null]) {
    const next = await entryOf(read, at, wanted);
    if (next === null) return null;
    at = root + (next & 0x7fffffff);
  }
  const entry = new Bytes(await read(at, 16));
  const offset = offsetOf(entry.u32(0), headers);
  const size = entry.u32(4);
  if (offset === null || size === 0 || size > resourceBytesMax) return null;
  return new Bytes(await read(offset, size));
}

/** Where the entry with the id leads (high bit: to a directory); the first one for null. */
async function entryOf(read: ReadAt, at: number, id: number | null): Promise<number | null> {
  const head = new Bytes(await read(at, 16));
  const count = Math.min(entriesMax, head.u16(12) + head.u16(14));
  const entries = new Bytes(await read(at + 16, count * 8));
  for (let index = 0; index < count; index += 1) {
    if (id === null || entries.u32(index * 8) === id) return entries.u32(index * 8 + 4);
  }
  return null;
}

function described(resource: Bytes, architecture: string): PackageMetadata | null {
  const fixed = findFixed(resource);
  const name = stringOf(resource, 'ProductName');
  if (fixed === null || name === null) return null;
  const [high, low] = [resource.u32(fixed + 16), resource.u32(fixed + 20)];
  const version = [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].join('.');
  return { name, version, architecture };
}

function findFixed(resource: Bytes): number | null {
  for (let at = 0; at + 52 <= resource.length; at += 4) if (resource.u32(at) === fixedSignature) return at;
  return null;
}

/** A text of the string table: length, value length, type, key, padding to four bytes, value. */
function stringOf(resource: Bytes, key: string): string | null {
  for (let at = 0; at + 6 + key.length * 2 <= resource.length; at += 2) {
    if (resource.u16(at) !== key.charCodeAt(0) || resource.wide(at, key.length + 1) !== key) continue;
    const value = (at + (key.length + 1) * 2 + 3) & ~3;
    const text = resource.wide(value, 200).trim();
    return text === '' ? null : text;
  }
  return null;
}
