/**
 * The archive a .pkg is, as xar's own format page lays it out: a header, a compressed table of contents in XML, and a
 * heap. Read by us and not by `xar -x`: nothing is unpacked anywhere, and it is one program less that parses a file
 * before its signature is known.
 */
import { childrenOf, parseXml, textOf, type Element } from '#platform/macos/parse/xml.ts';

export const headerBytesMin = 28;
const magic = 0x78617221;
const tocBytesMax = 32 * 1024 * 1024;

export interface XarHeader {
  readonly headerBytes: number;
  readonly compressedTocBytes: number;
  readonly tocBytes: number;
}

/** Null for what is no archive, or one whose table is larger than any installer's. */
export function parseXarHeader(bytes: Uint8Array): XarHeader | null {
  if (bytes.byteLength < headerBytesMin) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getUint16(4);
  const version = view.getUint16(6);
  const compressedTocBytes = Number(view.getBigUint64(8));
  const tocBytes = Number(view.getBigUint64(16));
  if (view.getUint32(0) !== magic || version !== 1 || headerBytes < headerBytesMin) return null;
  if (compressedTocBytes > tocBytesMax || tocBytes > tocBytesMax) return null;
  return { headerBytes, compressedTocBytes, tocBytes };
}

export interface XarFile {
  /** "Distribution", "SentinelAgent.pkg/PackageInfo". */
  readonly path: string;
  /** From the heap's beginning. */
  readonly offset: number;
  readonly storedBytes: number;
  readonly sizeBytes: number;
  readonly compressed: boolean;
}

const filesMax = 20_000;
const depthMax = 32;

/** Regular files with data; null when the table is not understood, or names one path twice. */
export function parseXarToc(text: string): readonly XarFile[] | null {
  const root = parseXml(text);
  const toc = root?.name === 'xar' ? childrenOf(root, 'toc')[0] : undefined;
  if (toc === undefined) return null;
  const files: XarFile[] = [];
  const understood = collect(toc, { under: '', depth: 0 }, files);
  const paths = new Set(files.map(({ path }) => path));
  return understood && paths.size === files.length ? files : null;
}

function collect(parent: Element, at: { under: string; depth: number }, into: XarFile[]): boolean {
  if (at.depth > depthMax || into.length > filesMax) return false;
  return childrenOf(parent, 'file').every((element) => {
    const name = textOf(element, 'name');
    if (name === null || name === '' || name === '..' || name.includes('/')) return false;
    const path = at.under === '' ? name : `${at.under}/${name}`;
    if (textOf(element, 'type') === 'file') {
      const file = fileOf(element, path);
      if (file !== null) into.push(file);
    }
    return collect(element, { under: path, depth: at.depth + 1 }, into);
  });
}

const encodings: Readonly<Record<string, boolean>> = {
  'application/octet-stream': false,
  'application/x-gzip': true,
};

/** Null for an empty file, and for an encoding that Apple's tools do not write here (bzip2). */
function fileOf(element: Element, path: string): XarFile | null {
  const [data] = childrenOf(element, 'data');
  if (data === undefined) return null;
  const encoding = childrenOf(data, 'encoding')[0]?.attributes.get('style') ?? '';
  const compressed = encodings[encoding];
  const [offset, storedBytes, sizeBytes] = ['offset', 'length', 'size'].map((name) => numberIn(data, name));
  if (compressed === undefined || offset == null || storedBytes == null || sizeBytes == null) return null;
  return { path, offset, storedBytes, sizeBytes, compressed };
}

function numberIn(data: Element, name: string): number | null {
  const text = textOf(data, name) ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
