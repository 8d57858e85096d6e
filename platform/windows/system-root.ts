import { existsSync, realpathSync } from 'node:fs';
import { nullOnError } from '#platform/windows/quiet.ts';

const driveFolder = /^[A-Za-z]:\\[A-Za-z0-9 _.-]{1,40}$/;

let root: string | null = null;

/**
 * Where Windows stands: "C:\Windows". The kernel is asked by its own name for it; variables such as `SystemRoot` may come
 * from a user's settings and count only where the kernel does not answer.
 */
export function systemRoot(): string {
  root ??= kernelRoot() ?? environmentRoot() ?? 'C:\\Windows';
  return root;
}

function kernelRoot(): string | null {
  const found = nullOnError(() => realpathSync.native('\\\\?\\GLOBALROOT\\SystemRoot'));
  return found !== null && driveFolder.test(found) ? found : null;
}

function environmentRoot(): string | null {
  const named = process.env['SystemRoot'] ?? process.env['windir'];
  return named !== undefined && driveFolder.test(named) ? named : null;
}

/** "C:" */
export function systemDrive(): string {
  return systemRoot().slice(0, 2);
}

/** The folder of 64-bit programs, of all programs on 32-bit Windows. Windows has no other name for it than this one. */
export function programFiles(): string {
  return `${systemDrive()}\\Program Files`;
}

/** Whether a 32-bit process runs on 64-bit Windows: only then there is a `Sysnative`. */
export function isRedirected(): boolean {
  return existsSync(`${systemRoot()}\\Sysnative`);
}

/** System32 as the machine has it: a 32-bit process on 64-bit Windows reaches it as `Sysnative`. */
export function systemDirectory(): string {
  return `${systemRoot()}\\${isRedirected() ? 'Sysnative' : 'System32'}`;
}
