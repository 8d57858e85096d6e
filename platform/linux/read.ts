import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { errnoOf, nullOn } from '#platform/files/errors.ts';

const goneErrnos = ['ENOENT', 'ESRCH', 'ENOTDIR', 'EACCES', 'EPERM', 'EINVAL', 'ENODEV', 'EIO'];

/** A kernel or system file as text; null when it is absent or closed to us. Never for paths others can write. */
export async function readSystemFile(path: string): Promise<string | null> {
  return nullOn(goneErrnos, () => readFile(path, 'utf8'));
}

export async function readSystemLink(path: string): Promise<string | null> {
  return nullOn(goneErrnos, () => readlink(path));
}

/**
 * Of /proc/PID: `status`, `stat`, `exe` and `ns`, which the kernel answers at once. Every look reads hundreds of them, and
 * handing each to a thread costs ten times the reading. Not for `cmdline`, which may wait for a stuck process's memory.
 */
export function readProcessFile(path: string): string | null {
  return nullWhenGone(() => readFileSync(path, 'utf8'));
}

/** As `readProcessFile`, for a link. */
export function readProcessLink(path: string): string | null {
  return nullWhenGone(() => readlinkSync(path));
}

function nullWhenGone(read: () => string): string | null {
  try {
    return read();
  } catch (error) {
    if (goneErrnos.includes(errnoOf(error) ?? '')) return null;
    throw error;
  }
}

export async function listSystemDirectory(path: string): Promise<readonly string[]> {
  return (await nullOn(goneErrnos, () => readdir(path))) ?? [];
}
