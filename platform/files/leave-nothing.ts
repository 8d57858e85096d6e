/** A look makes the folders in which its programs find an empty HOME; afterwards the machine is as it was. */
import { lstat, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Runs `work`; then every folder on the way to `directory` that was not there before is gone again. One that holds
 * anything stays, whoever put it there: nothing but empty folders is ever removed.
 */
export async function leavingNothing<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const missing = await missingFolders(directory);
  try {
    return await work();
  } finally {
    for (const folder of missing) await rmdir(folder).catch(() => undefined);
  }
}

/** `directory` and the folders above it that do not exist, deepest first. */
async function missingFolders(directory: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = directory; dirname(folder) !== folder; folder = dirname(folder)) {
    const there = await lstat(folder).then(
      () => true,
      () => false,
    );
    if (there) return missing;
    missing.push(folder);
  }
  return missing;
}
