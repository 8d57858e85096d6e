import { versionTree } from '#platform/files/version-tree.ts';
import type { Files } from '#platform/files.ts';
import { macosProgramRoot } from '#platform/macos/program-root.ts';
import { posixGround } from '#platform/posix/version-ground.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';

export function macosVersions(files: Pick<Files, 'openPrivateDirectory'>, root = macosProgramRoot): ProgramVersions {
  return versionTree({
    root,
    separator: '/',
    programName: 'garrison-agent',
    pointer: 'link',
    ground: posixGround(files),
  });
}
