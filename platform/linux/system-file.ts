import { constants } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { writeAll } from '#platform/files/handles.ts';
import { usePath } from '#platform/linux/trusted-path.ts';
import { Fault } from '#protocol/codes.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Replaces a file that the system reads (a unit), in a directory that only root can write. Old or new, never half: it is
 * written beside and renamed. `file.untrusted` when the directory is missing or others could change it.
 */
export async function writeSystemFile(path: string, text: string, mode: number): Promise<void> {
  const { dir, base } = posix.parse(path);
  await usePath(dir, { owners: [], trustedRoot: '/' }, async (walked) => {
    if (walked.status !== 'found') throw new Fault('file.untrusted', `${dir} does not exist`);
    if (walked.distrust !== null) throw new Fault('file.untrusted', walked.distrust);
    const reach = (name: string): string => `/proc/self/fd/${walked.handle.fd}/${name}`;
    const temporary = reach(`.${base}.new`);
    await unlink(temporary).catch(() => undefined);
    const handle = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    try {
      await handle.chmod(mode);
      await writeAll(handle, Buffer.from(text));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, reach(base));
  });
}
