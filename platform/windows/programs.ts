import { systemDirectory } from '#platform/windows/system-root.ts';

/**
 * Every program that may be started on Windows, below the system directory of the machine. There is no other way to start
 * one. What stands there only the system's own installer can have put there.
 */
export const programs = {
  fltmc: 'fltmc.exe',
  msiexec: 'msiexec.exe',
  powershell: 'WindowsPowerShell\\v1.0\\powershell.exe',
  reg: 'reg.exe',
  sc: 'sc.exe',
  shutdown: 'shutdown.exe',
  taskkill: 'taskkill.exe',
  tasklist: 'tasklist.exe',
} as const satisfies Record<string, string>;

export type ProgramName = keyof typeof programs;

export function isProgramName(name: string): name is ProgramName {
  return Object.hasOwn(programs, name);
}

export function pathOfProgram(name: ProgramName): string {
  return `${systemDirectory()}\\${programs[name]}`;
}
