import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ForeignEntry } from '#platform/files.ts';

const entriesMax = 5_000;

/**
 * Plain files of a directory that everybody may write to, without opening any: names and times as they stand, for choosing.
 * Whoever planted one is found out when it is read.
 */
export async function foreignEntries(directory: string): Promise<readonly ForeignEntry[]> {
  const found: ForeignEntry[] = [];
  try {
    const listing = await opendir(directory);
    let seen = 0;
    for await (const { name } of listing) {
      seen += 1;
      if (seen > entriesMax) break;
      const stat = await lstat(join(directory, name)).catch(() => null);
      if (stat?.isFile() === true) found.push({ name, changedAtMs: stat.mtimeMs });
    }
  } catch {
    // One that is absent or closed to us holds nothing that we could read.
  }
  return found;
}
