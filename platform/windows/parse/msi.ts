/**
 * Product, version and processor of an MSI package, from its own tables. Read here and not by Windows Installer's own
 * interface: nothing in the file is opened by code that could act on it, and it works where PowerShell does not.
 */
import type { PackageMetadata } from '#platform/platform.ts';
import { type CompoundFile, openCompoundFile } from '#platform/windows/parse/compound-file.ts';
import type { Bytes, ReadAt } from '#platform/windows/parse/read-at.ts';

const tableBytesMax = 16 * 1024 * 1024;
const stringsMax = 1_000_000;
const templateProperty = 7;

/** null when it is no MSI package or says nothing of itself. */
export async function msiMetadata(read: ReadAt): Promise<PackageMetadata | null> {
  const file = await openCompoundFile(read);
  if (file === null) return null;
  const properties = await propertiesOf(file);
  const name = properties?.get('ProductName');
  const version = properties?.get('ProductVersion');
  const architecture = await architectureOf(file);
  if (name === undefined || version === undefined || architecture === null) return null;
  return { name, version, architecture };
}

/** The table `Property`: two columns of text, one after the other, each cell a number of the pool of all texts. */
async function propertiesOf(file: CompoundFile): Promise<ReadonlyMap<string, string> | null> {
  const [pool, data, table] = await Promise.all(
    ['_StringPool', '_StringData', 'Property'].map((name) => file.stream(tableName(name), tableBytesMax)),
  );
  if (pool == null || data == null || table == null) return null;
  const texts = textsOf(pool, data);
  if (texts === null) return null;
  // The highest bit of the pool's head says that a number takes three bytes.
  const width = (pool.u32(0) & 0x80000000) === 0 ? 2 : 3;
  const rows = Math.floor(table.length / (2 * width));
  const cell = (index: number): string | undefined => {
    const at = index * width;
    return texts[table.u16(at) + (width === 3 ? (table.array[at + 2] ?? 0) * 65_536 : 0)];
  };
  const found = new Map<string, string>();
  for (let row = 0; row < rows; row += 1) {
    const [key, value] = [cell(row), cell(rows + row)];
    if (key !== undefined && value !== undefined) found.set(key, value);
  }
  return found;
}

/** Lengths and uses from the pool, letters from the data; a length of 0 with uses says that the next row is the length. */
function textsOf(pool: Bytes, data: Bytes): readonly string[] | null {
  const decoder = decoderOf(pool.u16(0));
  const texts = [''];
  let at = 0;
  for (let row = 4; row + 4 <= pool.length; row += 4) {
    let length = pool.u16(row);
    const uses = pool.u16(row + 2);
    if (length === 0 && uses !== 0) {
      row += 4;
      length = pool.u16(row) + pool.u16(row + 2) * 65_536;
    }
    if (at + length > data.length || texts.length > stringsMax) return null;
    texts.push(decoder.decode(data.slice(at, length).array));
    at += length;
  }
  return texts;
}

/** Of the code pages that vendors' packages come in; product names and versions are plain letters in all of them. */
function decoderOf(codePage: number): InstanceType<typeof TextDecoder> {
  return new TextDecoder(codePage === 65_001 || codePage === 0 ? 'utf-8' : 'windows-1252');
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._';

/** Names of tables are packed two letters to one, behind a mark that says that it is a table. */
function tableName(name: string): string {
  let packed = '\u4840';
  for (let at = 0; at < name.length; at += 2) {
    const first = alphabet.indexOf(name[at] ?? '');
    const second = at + 1 < name.length ? alphabet.indexOf(name[at + 1] ?? '') : -1;
    packed += String.fromCharCode(second === -1 ? 0x4800 + first : 0x3800 + first + second * 64);
  }
  return packed;
}

const processors: Readonly<Record<string, string>> = {
  x64: 'x64',
  amd64: 'x64',
  intel: 'x86',
  x86: 'x86',
  '': 'x86',
  arm64: 'arm64',
};

/** "x64;1033" in the summary's template; several processors in it are none that we can judge. */
async function architectureOf(file: CompoundFile): Promise<string | null> {
  const summary = await file.stream('\u0005SummaryInformation', tableBytesMax);
  const template = summary === null ? null : summaryText(summary, templateProperty);
  const words = template?.split(';')[0]?.toLowerCase();
  return words === undefined ? null : (processors[words] ?? 'other');
}

/** A text of the first property set: after the head of 48 bytes, a table of (id, offset), each a type and a length. */
function summaryText(summary: Bytes, property: number): string | null {
  const section = summary.u32(44);
  const count = Math.min(100, summary.u32(section + 4));
  for (let index = 0; index < count; index += 1) {
    const row = section + 8 + index * 8;
    if (summary.u32(row) !== property) continue;
    const at = section + summary.u32(row + 4);
    const isText = summary.u32(at) === 30;
    const length = Math.min(200, summary.u32(at + 4));
    if (!isText) return null;
    return new TextDecoder('windows-1252').decode(summary.slice(at + 8, length).array).replace(/\0.*$/s, '');
  }
  return null;
}
