import { readdirSync } from 'node:fs';
import { errnoOf } from '#platform/files/errors.ts';
import { systemDirectory } from '#platform/windows/system-root.ts';

/**
 * Whether this process has administrator rights in effect. The folder of the registry's hives can be listed by the system
 * and by elevated administrators only; it is asked for an early, clear refusal, what protects are the files' own rights.
 */
export function isAdministrator(): boolean {
  try {
    readdirSync(`${systemDirectory()}\\config`);
    return true;
  } catch (error) {
    return !['EPERM', 'EACCES'].includes(errnoOf(error) ?? '');
  }
}
