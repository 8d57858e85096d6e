import { versionTree } from '#platform/files/version-tree.ts';
import type { Files } from '#platform/files.ts';
import { macosProgramRoot } from '#platform/macos/program-root.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';

export function macosVersions(files: Pick<Files, 'openPrivateDirectory'>, root = macosProgramRoot): ProgramVersions {
  return versionTree({ root, separator: '/', programName: 'garrison-agent', pointer: 'link', uid: 0, files });
}
