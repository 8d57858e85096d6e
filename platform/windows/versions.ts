/** The versions of the agent below Program Files, for the service host to start: see `host/README.md`. */
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { PrivateDirectory } from '#platform/files/directory.ts';
import { nullOn, onDisk } from '#platform/files/errors.ts';
import type { VersionGround } from '#platform/files/version-ground.ts';
import { versionTree } from '#platform/files/version-tree.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import { WindowsAnchor } from '#platform/windows/anchor.ts';
import { patiently } from '#platform/windows/patience.ts';
import { agentFileName, windowsProgramRoot } from '#platform/windows/program-root.ts';
import type { Protection } from '#platform/windows/protection.ts';
import { Fault } from '#protocol/codes.ts';

export function windowsVersions(protection: Protection, root = windowsProgramRoot()): ProgramVersions {
  return versionTree({
    root,
    separator: '\\',
    programName: agentFileName,
    pointer: 'file',
    ground: windowsGround(protection, root),
  });
}

/**
 * Rights come from Program Files: administrators and the system write, users read and start. The programs are no private
 * state, and nothing here gives them other rights: it is asked whether they are as they must be.
 */
function windowsGround(protection: Protection, root: string): VersionGround {
  return {
    whyForeign: (directory) => protection.whyWritable(directory, root),
    async openWork(path) {
      const refusal = await protection.whyWritable(path, root);
      if (refusal !== null) throw new Fault('state.untrusted-directory', `${path} ${refusal}`, { context: { path } });
      return PrivateDirectory.over(new WindowsAnchor(path));
    },
    sync: (path) => onDisk(() => sync(path)),
    patiently,
  };
}

/** A directory cannot be flushed; the flush of a file takes along the change of its name, as in `WindowsAnchor`. */
async function sync(path: string): Promise<void> {
  const stat = await nullOn(['ENOENT'], () => lstat(path));
  if (stat?.isFile() !== true) return;
  await patiently(async () => {
    const handle = await open(path, constants.O_RDWR);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}
