/** A tar archive in memory (POSIX.1-1988 ustar, plain files of root), gzipped: what every system unpacks. Pure. */
import { gzipSync } from 'node:zlib';

export interface ArchiveFile {
  /** ASCII, at most 99 characters. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const blockBytes = 512;

/** `timeMs` stands at every file, so that the same content gives the same bytes. */
export function archiveOf(files: readonly ArchiveFile[], timeMs: number): Buffer {
  const parts = files.flatMap(({ name, bytes }) => {
    const padding = (blockBytes - (bytes.length % blockBytes)) % blockBytes;
    return [headerOf(name, bytes.length, timeMs), bytes, new Uint8Array(padding)];
  });
  return gzipSync(Buffer.concat([...parts, new Uint8Array(2 * blockBytes)]));
}

function headerOf(name: string, sizeBytes: number, timeMs: number): Uint8Array {
  if (!/^[\x21-\x7E]{1,99}$/.test(name)) throw new Error(`not a name for an archive: ${name}`);
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  const checksumAt = 148;
  header.write(name, 0, 'latin1');
  header.write(octal(0o600, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(sizeBytes, 11), 124);
  header.write(octal(Math.max(0, Math.floor(timeMs / 1000)), 11), 136);
  header.write(' '.repeat(8), checksumAt);
  header.write('0', 156);
  header.write('ustar\0' + '00', 257, 'latin1');
  header.write('root', 265);
  header.write('root', 297);
  // Counted with blanks in its own place.
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, checksumAt, 'latin1');
  return header;
}
