import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import type { Anchor } from '#platform/files/anchor.ts';
import { nullOn } from '#platform/files/errors.ts';
import { Fault } from '#protocol/codes.ts';

const depthMax = 64;

/**
 * Removes `name` and, for a directory, everything below it. Links are removed, never followed; another file system that
 * was mounted inside is refused. Nothing happens when `name` is absent.
 */
export async function removeBelow(anchor: Anchor, name: string, depth = 0): Promise<void> {
  const path = anchor.at(name);
  const stat = await nullOn(['ENOENT'], () => lstat(path));
  if (stat === null) return;
  if (!stat.isDirectory()) {
    await nullOn(['ENOENT'], () => anchor.patiently(() => unlink(path)));
    return;
  }
  if (stat.dev !== anchor.device || depth >= depthMax) {
    throw new Fault('file.untrusted', `${anchor.pathOf(name)} is a mount or too deep to be ours`);
  }
  const below = await anchor.openBelow(name);
  try {
    for (const entry of await readdir(below.at('.'))) await removeBelow(below, entry, depth + 1);
  } finally {
    below.close();
  }
  await nullOn(['ENOENT'], () => anchor.patiently(() => rmdir(path)));
}
