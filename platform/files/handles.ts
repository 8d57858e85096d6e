import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Fault } from '#protocol/codes.ts';

/**
 * Every open in a private directory: no link is followed, and a FIFO that somebody put there cannot hang a thread
 * (four hung ones stop all file access of the process).
 */
export const safeFlags = constants.O_NOFOLLOW | constants.O_NONBLOCK;

export const privateFileMode = 0o600;

const copyBytesMax = 64 * 1024;

/** Opens, works, closes whatever happens. */
export async function withHandle<T>(path: string, flags: number, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, flags | safeFlags, privateFileMode);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/** Size of a regular file; `file.untrusted` for anything else. */
export async function regularSize(handle: FileHandle, name: string): Promise<number> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new Fault('file.untrusted', `${name} is not a regular file`);
  return stat.size;
}

/** Exactly the bytes from `position` up to `length`, fewer when the file ends before. */
export async function readRange(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Writes all of `bytes`; a plain `write` may stop early. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.byteLength - written, null);
    written += bytesWritten;
  }
}

/** Feeds the whole file to `consume` in blocks, one after the other; answers its size. */
export async function eachBlock(
  handle: FileHandle,
  consume: (block: Uint8Array) => void | Promise<void>,
): Promise<number> {
  const block = new Uint8Array(copyBytesMax);
  let position = 0;
  for (;;) {
    const { bytesRead } = await handle.read(block, 0, block.byteLength, position);
    if (bytesRead === 0) return position;
    await consume(block.subarray(0, bytesRead));
    position += bytesRead;
  }
}
