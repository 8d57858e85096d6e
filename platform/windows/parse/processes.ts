/** Processes from WMI, each with what its place says about who put it there. */
import type { ProcessRecord } from '#platform/inventory.ts';
import type { SystemFolders } from '#platform/windows/parse/paths.ts';
import { rowsOf, textOrNull } from '#platform/windows/parse/powershell.ts';

/** Session 0 is the services'; users' programs cannot enter it. */
const servicesSession = 0;

/**
 * Trusted: of the services' session, from a file below a folder that only administrators write. Others' names prove
 * nothing, a user may call his program anything.
 */
export function processRecords(value: unknown, folders: SystemFolders): readonly ProcessRecord[] {
  return rowsOf(value).flatMap((row) => {
    const name = textOrNull(row['Name']);
    const pid = row['ProcessId'];
    if (name === null || typeof pid !== 'number') return [];
    const path = textOrNull(row['ExecutablePath'])?.replace(/^\\\\\?\\/, '') ?? null;
    const trusted = row['SessionId'] === servicesSession && path !== null && isAdministratorsPlace(path, folders);
    return { pid, path, name, trusted, blocksFileAccess: false };
  });
}

/** Folders below Windows' own in which, as it comes, everybody may make files and run them. */
const openCorners = [
  'Temp',
  'Tasks',
  'Tracing',
  'debug',
  'Registration',
  'ServiceProfiles',
  ...['System32', 'SysWOW64'].flatMap((system) =>
    ['spool', 'Tasks', 'Tasks_Migrated', 'FxsTmp', 'com\\dmp', 'LogFiles', 'Microsoft\\Crypto'].map(
      (name) => `${system}\\${name}`,
    ),
  ),
];

/** Below the program folders or Windows itself, but for the corners of the latter that everybody may write. */
export function isAdministratorsPlace(path: string, { root, drive }: SystemFolders): boolean {
  const place = path.toLowerCase();
  const below = (folder: string): boolean => place.startsWith(`${folder.toLowerCase()}\\`);
  // No stream of a folder ("C:\Windows\Temp:a.exe") and no short name: either is another way into an open corner.
  if (place.split('\\').includes('..') || place.slice(2).includes(':') || place.includes('~')) return false;
  if (below(`${drive}\\Program Files`) || below(`${drive}\\Program Files (x86)`)) return true;
  return below(root) && !openCorners.some((name) => below(`${root}\\${name}`));
}
