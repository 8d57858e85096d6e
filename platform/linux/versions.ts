import { versionTree } from '#platform/files/version-tree.ts';
import type { LinuxFiles } from '#platform/linux/files.ts';
import { posixGround } from '#platform/posix/version-ground.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';

export const linuxProgramRoot = '/opt/garrison';

export function linuxVersions(files: LinuxFiles, root = linuxProgramRoot): ProgramVersions {
  return versionTree({
    root,
    separator: '/',
    programName: 'garrison-agent',
    pointer: 'link',
    ground: posixGround(files),
  });
}
