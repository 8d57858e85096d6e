/** What stands in a .pkg file, read from its archive; nothing in it is run or unpacked. */
import { inflateSync } from 'node:zlib';
import type { Probe } from '#platform/inventory.ts';
import { packageMetadata } from '#platform/macos/parse/package-info.ts';
import { headerBytesMin, parseXarHeader, parseXarToc, type XarFile } from '#platform/macos/parse/xar.ts';
import type { PackageMetadata } from '#platform/platform.ts';

/** Bytes of one file, fewer when it ends before; null when it cannot be read. */
export type ReadRange = (position: number, length: number) => Promise<Uint8Array | null>;

/** Of one description; a distribution holds scripts and texts, and is still small. */
const textBytesMax = 4 * 1024 * 1024;
const componentsMax = 50;

export async function readPackageMetadata(read: ReadRange): Promise<Probe<PackageMetadata>> {
  const archive = await openArchive(read);
  if (archive === null) return unreadable('the file is no package archive');
  const distribution = archive.files.filter(({ path }) => path === 'Distribution');
  const infos = archive.files.filter(({ path }) => /^(?:[^/]+\.pkg\/)?PackageInfo$/.test(path));
  if (infos.length > componentsMax) return unreadable('the package has too many components');
  const texts = await Promise.all([...distribution, ...infos].map((file) => textOf(read, archive.heap, file)));
  if (texts.includes(null)) return unreadable('a description in the package cannot be read');
  const known = texts.filter((text) => text !== null);
  const metadata = packageMetadata({
    distribution: distribution.length === 0 ? null : (known[0] ?? null),
    packageInfos: known.slice(distribution.length),
  });
  return metadata === null ? unreadable('the package does not say what it is') : { status: 'ok', value: metadata };
}

async function openArchive(read: ReadRange): Promise<{ heap: number; files: readonly XarFile[] } | null> {
  const header = parseXarHeader((await read(0, headerBytesMin)) ?? new Uint8Array());
  if (header === null) return null;
  const compressed = await read(header.headerBytes, header.compressedTocBytes);
  if (compressed?.byteLength !== header.compressedTocBytes) return null;
  const toc = inflated(compressed, header.tocBytes);
  const files = toc === null ? null : parseXarToc(toc);
  return files === null ? null : { heap: header.headerBytes + header.compressedTocBytes, files };
}

async function textOf(read: ReadRange, heap: number, file: XarFile): Promise<string | null> {
  if (file.sizeBytes > textBytesMax || file.storedBytes > textBytesMax) return null;
  const stored = await read(heap + file.offset, file.storedBytes);
  if (stored?.byteLength !== file.storedBytes) return null;
  if (file.compressed) return inflated(stored, file.sizeBytes);
  return stored.byteLength === file.sizeBytes ? new TextDecoder().decode(stored) : null;
}

/** Exactly as many bytes as were announced: a small file must not become a large one. */
function inflated(bytes: Uint8Array, sizeBytes: number): string | null {
  try {
    const text = inflateSync(bytes, { maxOutputLength: Math.max(1, sizeBytes) });
    return text.byteLength === sizeBytes ? new TextDecoder().decode(text) : null;
  } catch {
    return null;
  }
}

function unreadable(detail: string): Probe<never> {
  return { status: 'failed', code: 'package.unreadable', detail };
}
