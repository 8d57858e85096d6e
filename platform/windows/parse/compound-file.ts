/** Streams of a compound file (the container that MSI packages are), read where they lie; nothing is loaded whole. */
import { Bytes, type ReadAt } from '#platform/windows/parse/read-at.ts';

const signature = [0xe011cfd0, 0xe11ab1a1];
const endOfChain = 0xfffffffe;
const noSector = 0xfffffffa;
const entryBytes = 128;
const streamType = 2;
const rootType = 5;
/** Far beyond any package; a chain that is longer goes in a circle. */
const sectorsMax = 4_000_000;
const entriesMax = 65_536;

interface Entry {
  readonly name: string;
  readonly type: number;
  readonly start: number;
  readonly size: number;
}

interface Layout {
  readonly read: ReadAt;
  readonly sectorBytes: number;
  readonly miniSectorBytes: number;
  readonly miniCutoff: number;
  /** Sector after sector, by number. */
  readonly next: Uint32Array;
}

export interface CompoundFile {
  /** Raw names: an MSI's are packed and unpacked by its reader. */
  readonly names: readonly string[];
  /** null when absent, damaged or larger than `bytesMax`. */
  stream(name: string, bytesMax: number): Promise<Bytes | null>;
}

/** null when it is no compound file or its tables make no sense. */
export async function openCompoundFile(read: ReadAt): Promise<CompoundFile | null> {
  const header = new Bytes(await read(0, 512));
  if (header.u32(0) !== signature[0] || header.u32(4) !== signature[1]) return null;
  const shift = header.u16(30);
  if (shift !== 9 && shift !== 12) return null;
  const sectorBytes = 2 ** shift;
  const next = await sectorTable(read, header, sectorBytes);
  if (next === null) return null;
  const layout = { read, sectorBytes, miniSectorBytes: 2 ** header.u16(32), miniCutoff: header.u32(56), next };
  const entries = await directoryOf(layout, header.u32(48));
  const root = entries.find((entry) => entry.type === rootType);
  if (root === undefined) return null;
  const miniNext = await chainBytes(layout, header.u32(60), header.u32(64) * sectorBytes);
  return {
    names: entries.filter((entry) => entry.type === streamType).map((entry) => entry.name),
    async stream(name, bytesMax) {
      const entry = entries.find((each) => each.type === streamType && each.name === name);
      if (entry === undefined || entry.size > bytesMax) return null;
      if (entry.size >= layout.miniCutoff)
        return exactly(await chainBytes(layout, entry.start, entry.size), entry.size);
      return exactly(await miniBytes(layout, root, miniNext, entry), entry.size);
    },
  };
}

function exactly(bytes: Bytes | null, size: number): Bytes | null {
  return bytes === null || bytes.length < size ? null : bytes.slice(0, size);
}

/** The table of all sectors, whose own sectors are listed in the header and in a chain of further lists. */
async function sectorTable(read: ReadAt, header: Bytes, sectorBytes: number): Promise<Uint32Array | null> {
  const count = header.u32(44);
  if (count === 0 || count * (sectorBytes / 4) > sectorsMax) return null;
  const lists = Array.from({ length: 109 }, (_, index) => header.u32(76 + index * 4));
  let more = header.u32(68);
  for (let left = header.u32(72); left > 0 && more < noSector && lists.length < count + 109; left -= 1) {
    const list = new Bytes(await read((more + 1) * sectorBytes, sectorBytes));
    for (let index = 0; index < sectorBytes / 4 - 1; index += 1) lists.push(list.u32(index * 4));
    more = list.u32(sectorBytes - 4);
  }
  const next = new Uint32Array(count * (sectorBytes / 4)).fill(endOfChain);
  const used = lists.filter((sector) => sector < noSector).slice(0, count);
  for (const [index, sector] of used.entries()) {
    const table = new Bytes(await read((sector + 1) * sectorBytes, sectorBytes));
    for (let row = 0; row < sectorBytes / 4; row += 1) next[index * (sectorBytes / 4) + row] = table.u32(row * 4);
  }
  return next;
}

async function directoryOf(layout: Layout, start: number): Promise<readonly Entry[]> {
  const bytes = await chainBytes(layout, start, entriesMax * entryBytes);
  const count = bytes === null ? 0 : Math.floor(bytes.length / entryBytes);
  return Array.from({ length: count }, (_, index) => entryOf((bytes as Bytes).slice(index * entryBytes, entryBytes)));
}

function entryOf(row: Bytes): Entry {
  const letters = Math.max(0, Math.min(31, row.u16(64) / 2 - 1));
  return { name: row.wide(0, letters), type: row.array[66] ?? 0, start: row.u32(116), size: row.u32(120) };
}

/** At most `bytesMax` of a chain; null when it goes in a circle. */
async function chainBytes({ read, sectorBytes, next }: Layout, start: number, bytesMax: number): Promise<Bytes | null> {
  const parts: Uint8Array[] = [];
  let sector = start;
  for (let size = 0; sector < noSector && size < bytesMax; size += sectorBytes) {
    if (parts.length > next.length) return null;
    parts.push(await read((sector + 1) * sectorBytes, sectorBytes));
    sector = next[sector] ?? endOfChain;
  }
  return new Bytes(joined(parts));
}

/** Small streams lie in one stream of the root, cut into small sectors with a table of their own. */
async function miniBytes(layout: Layout, root: Entry, miniNext: Bytes | null, entry: Entry): Promise<Bytes | null> {
  const container = await chainBytes(layout, root.start, root.size);
  if (container === null || miniNext === null) return null;
  const parts: Uint8Array[] = [];
  const { miniSectorBytes } = layout;
  for (let sector = entry.start; sector < noSector && parts.length * miniSectorBytes < entry.size;) {
    parts.push(container.slice(sector * miniSectorBytes, miniSectorBytes).array);
    sector = sector * 4 + 4 <= miniNext.length ? miniNext.u32(sector * 4) : endOfChain;
  }
  return new Bytes(joined(parts));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
