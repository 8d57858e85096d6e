import type { SystemFolders } from '#platform/windows/parse/paths.ts';
import { systemDirectory, systemDrive, systemRoot } from '#platform/windows/system-root.ts';

/** Of this machine, as this process reaches them. */
export function folders(): SystemFolders {
  return { root: systemRoot(), system: systemDirectory(), drive: systemDrive() };
}
