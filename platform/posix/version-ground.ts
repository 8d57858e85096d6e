import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import type { Files } from '#platform/files.ts';
import { errnoOf, onDisk } from '#platform/files/errors.ts';
import type { VersionGround } from '#platform/files/version-ground.ts';

const writableByOthers = 0o022;

/** Judged by owner and mode. `uid`: root's; in tests the user's own. */
export function posixGround(files: Pick<Files, 'openPrivateDirectory'>, uid = 0): VersionGround {
  return {
    async whyForeign(directory) {
      const stat = await lstat(directory);
      return stat.uid !== uid || (stat.mode & writableByOthers) !== 0 ? 'can be changed by others' : null;
    },
    openWork: (path) => files.openPrivateDirectory(path),
    sync: (path) => onDisk(() => sync(path)),
    patiently: (work) => work(),
  };
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
