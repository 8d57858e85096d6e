import { posix, win32 } from 'node:path';
import type { OperatingSystem } from '#platform/platform.ts';

/** A file directly in a directory, in the spelling of the system that reads it: Windows programs take `/` for an option. */
export function filePath(os: OperatingSystem, directory: string, name: string): string {
  return (os === 'windows' ? win32 : posix).join(directory, name);
}
