/**
 * What Node 22 puts into a single executable, as bytes: magic and flags (4 bytes each), one byte that says how options may
 * be extended, then strings, each after its length. A length is a `size_t`, so the layout differs between 32-bit and 64-bit
 * runtimes: one made for the other word size crashes at its start. To be looked at again with every new version of Node.
 */

/** Of the flags, those that say which parts follow. */
const flag = { codeCache: 4, assets: 8, execArgv: 16 } as const;
/** A snapshot instead of code; laid out differently. */
const snapshotFlag = 2;
const magic = 0x0143da20;
const headBytes = 9;

export interface BlobParts {
  readonly head: Buffer;
  /** Path of the main file, then its code, then its code cache if there is one. */
  readonly texts: readonly Buffer[];
  /** Name and content; null when the blob has no such part. The order is that of a hash table and means nothing. */
  readonly assets: readonly (readonly [Buffer, Buffer])[] | null;
  readonly execArgv: readonly Buffer[] | null;
}

/** Throws on anything that is not exactly such a blob. `lengthBytes`: 4 or 8. */
export function parseBlob(bytes: Buffer, lengthBytes: number): BlobParts {
  if (bytes.length < headBytes || bytes.readUInt32LE(0) !== magic)
    throw new Error('not a blob of this version of Node');
  const flags = bytes.readUInt32LE(4);
  if ((flags & snapshotFlag) !== 0) throw new Error('the blob holds a snapshot');
  let at = headBytes;
  const length = (): number => {
    if (at + lengthBytes > bytes.length) throw new Error('the blob ends in the middle of a length');
    const value = lengthBytes === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUInt32LE(at);
    at += lengthBytes;
    return value;
  };
  const text = (): Buffer => {
    const size = length();
    if (at + size > bytes.length) throw new Error('the blob ends in the middle of a part');
    at += size;
    return bytes.subarray(at - size, at);
  };
  const many = <T>(one: () => T): readonly T[] => Array.from({ length: length() }, one);
  const texts = [text(), text(), ...((flags & flag.codeCache) === 0 ? [] : [text()])];
  const assets = (flags & flag.assets) === 0 ? null : many(() => [text(), text()] as const);
  const execArgv = (flags & flag.execArgv) === 0 ? null : many(text);
  if (at !== bytes.length) throw new Error(`the blob has ${bytes.length - at} bytes after its last part`);
  return { head: bytes.subarray(0, headBytes), texts, assets, execArgv };
}

export function writeBlob({ head, texts, assets, execArgv }: BlobParts, lengthBytes: number): Buffer {
  const length = (value: number): Buffer => {
    const bytes = Buffer.alloc(lengthBytes);
    if (lengthBytes === 8) bytes.writeBigUInt64LE(BigInt(value));
    else bytes.writeUInt32LE(value);
    return bytes;
  };
  const text = (bytes: Buffer): readonly Buffer[] => [length(bytes.length), bytes];
  const assetParts = assets === null ? [] : [length(assets.length), ...assets.flat().flatMap(text)];
  const optionParts = execArgv === null ? [] : [length(execArgv.length), ...execArgv.flatMap(text)];
  return Buffer.concat([head, ...texts.flatMap(text), ...assetParts, ...optionParts]);
}

/** The blob of a 64-bit runtime as a 32-bit one writes it. A code cache cannot be converted and is refused. */
export function blobFor32Bit(bytes: Buffer): Buffer {
  const parts = parseBlob(bytes, 8);
  if (parts.texts.length > 2) throw new Error('a code cache holds for one runtime only');
  return writeBlob(parts, 4);
}
