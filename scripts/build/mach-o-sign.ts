/**
 * An ad-hoc code signature, which macOS on Apple's own processors demands of every program: no identity, only the hashes of
 * all pages. Made here because the signers for it run on a Mac only. `mach-o-verify.ts` checks it, and shares nothing with it.
 */
import { createHash } from 'node:crypto';
import { loadCommands, type LoadCommand } from './mach-o-layout.ts';

const codeSignatureCommand = 0x1d;
const segmentCommand = 0x19;
const commandBytes = 16;
const headerBytes = 32;
const signaturePage = 4096;
/** Of the greater of both processors; segments end at such a border. */
const memoryPage = 16_384;
const magic = { superBlob: 0xfade0cc0, directory: 0xfade0c02, requirements: 0xfade0c01, cms: 0xfade0b01 } as const;
const slot = { directory: 0, requirements: 2, cms: 0x10000 } as const;
const directoryVersion = 0x20400;
const directoryBytes = 88;
const flagAdHoc = 2;
const mainBinary = 1;
const hashTypeSha256 = 2;
const hashBytes = 32;

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const upTo = (value: number, border: number): number => Math.ceil(value / border) * border;

/** The program with a signature at its end; throws when it has one already, or no room for the command that names it. */
export function signAdHoc(program: Buffer, identifier: string): Buffer {
  const commands = loadCommands(program);
  if (commands.some(({ kind }) => kind === codeSignatureCommand)) throw new Error('the program is signed already');
  const text = segment(program, commands, '__TEXT');
  const link = segment(program, commands, '__LINKEDIT');
  if (link.fileOffset + link.fileSize !== program.length) throw new Error('something stands after the last segment');
  const codeBytes = upTo(program.length, 16);
  const size = signatureBytes(codeBytes, identifier);
  const signed = Buffer.concat([program, Buffer.alloc(codeBytes - program.length + size)]);
  addCommand(signed, commands, codeBytes, size);
  const linkBytes = codeBytes + size - link.fileOffset;
  signed.writeBigUInt64LE(BigInt(upTo(linkBytes, memoryPage)), link.at + 32);
  signed.writeBigUInt64LE(BigInt(linkBytes), link.at + 48);
  // Only now: the header that names the signature is itself signed.
  writeSignature(signed, { codeBytes, identifier, text });
  return signed;
}

interface Segment {
  /** Of its load command. */
  readonly at: number;
  readonly fileOffset: number;
  readonly fileSize: number;
}

function segment(program: Buffer, commands: readonly LoadCommand[], name: string): Segment {
  const found = commands.find(
    ({ kind, at }) =>
      kind === segmentCommand && program.toString('latin1', at + 8, at + 24).replace(/\0+$/, '') === name,
  );
  if (found === undefined) throw new Error(`the program has no segment ${name}`);
  const wide = (offset: number): number => Number(program.readBigUInt64LE(found.at + offset));
  return { at: found.at, fileOffset: wide(40), fileSize: wide(48) };
}

function addCommand(program: Buffer, commands: readonly LoadCommand[], dataOffset: number, dataSize: number): void {
  const end = headerBytes + program.readUInt32LE(20);
  const firstSection = Math.min(...commands.flatMap((command) => sectionOffsets(program, command)));
  if (end + commandBytes > firstSection) throw new Error('no room for another load command');
  program.writeUInt32LE(program.readUInt32LE(16) + 1, 16);
  program.writeUInt32LE(program.readUInt32LE(20) + commandBytes, 20);
  [codeSignatureCommand, commandBytes, dataOffset, dataSize].forEach((value, index) =>
    program.writeUInt32LE(value, end + 4 * index),
  );
}

/** Where the contents of the command's sections begin in the file; sections without contents have none. */
function sectionOffsets(program: Buffer, { kind, at }: LoadCommand): readonly number[] {
  if (kind !== segmentCommand) return [];
  const count = program.readUInt32LE(at + 64);
  return Array.from({ length: count }, (_, index) => program.readUInt32LE(at + 72 + 80 * index + 48)).filter(
    (offset) => offset > 0,
  );
}

const requirements = Buffer.concat([bigEndian(magic.requirements), bigEndian(12), bigEndian(0)]);
const cms = Buffer.concat([bigEndian(magic.cms), bigEndian(8)]);

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function directorySize(codeBytes: number, identifier: string): number {
  const hashes = 2 + Math.ceil(codeBytes / signaturePage);
  return directoryBytes + identifier.length + 1 + hashes * hashBytes;
}

const indexBytes = 12 + 3 * 8;

function signatureBytes(codeBytes: number, identifier: string): number {
  return upTo(indexBytes + directorySize(codeBytes, identifier) + requirements.length + cms.length, 16);
}

interface Signing {
  readonly codeBytes: number;
  readonly identifier: string;
  readonly text: Segment;
}

function writeSignature(program: Buffer, signing: Signing): void {
  const directory = directoryOf(program, signing);
  const parts = [
    [slot.directory, directory],
    [slot.requirements, requirements],
    [slot.cms, cms],
  ] as const;
  let offset = indexBytes;
  const index: Buffer[] = [];
  for (const [kind, bytes] of parts) {
    index.push(bigEndian(kind), bigEndian(offset));
    offset += bytes.length;
  }
  const head = [bigEndian(magic.superBlob), bigEndian(offset), bigEndian(parts.length)];
  Buffer.concat([...head, ...index, ...parts.map(([, bytes]) => bytes)]).copy(program, signing.codeBytes);
}

function directoryOf(program: Buffer, { codeBytes, identifier, text }: Signing): Buffer {
  const pages = Math.ceil(codeBytes / signaturePage);
  const hashes = directoryBytes + identifier.length + 1 + 2 * hashBytes;
  const directory = Buffer.alloc(directorySize(codeBytes, identifier));
  const words = [
    magic.directory,
    directory.length,
    directoryVersion,
    flagAdHoc,
    hashes,
    directoryBytes,
    2,
    pages,
    codeBytes,
  ];
  words.forEach((word, index) => directory.writeUInt32BE(word, 4 * index));
  // Size and kind of a hash, no platform, two to the power of 12 bytes a page.
  Buffer.from([hashBytes, hashTypeSha256, 0, Math.log2(signaturePage)]).copy(directory, 36);
  directory.writeBigUInt64BE(BigInt(text.fileOffset), 64);
  directory.writeBigUInt64BE(BigInt(text.fileSize), 72);
  directory.writeBigUInt64BE(BigInt(mainBinary), 80);
  directory.write(identifier, directoryBytes, 'latin1');
  // Before the pages, counted backwards: the requirements, and an Info.plist that a bare program does not have.
  sha256(requirements).copy(directory, hashes - 2 * hashBytes);
  for (let page = 0; page < pages; page += 1) {
    const bytes = program.subarray(page * signaturePage, Math.min((page + 1) * signaturePage, codeBytes));
    sha256(bytes).copy(directory, hashes + page * hashBytes);
  }
  return directory;
}
