/**
 * Every program that may be started on macOS, by its one absolute path; there is no other way to start one. They lie on
 * the sealed system volume, whose paths are the same on every Mac.
 */
export const programs = {
  codesign: '/usr/bin/codesign',
  installer: '/usr/sbin/installer',
  ioreg: '/usr/sbin/ioreg',
  launchctl: '/bin/launchctl',
  lsof: '/usr/sbin/lsof',
  pkgutil: '/usr/sbin/pkgutil',
  profiles: '/usr/bin/profiles',
  ps: '/bin/ps',
  shutdown: '/sbin/shutdown',
  sw_vers: '/usr/bin/sw_vers',
  sysctl: '/usr/sbin/sysctl',
  systemextensionsctl: '/usr/bin/systemextensionsctl',
} as const satisfies Record<string, string>;

export type ProgramName = keyof typeof programs;

export function isProgramName(name: string): name is ProgramName {
  return Object.hasOwn(programs, name);
}

/**
 * The system's own empty folder, root's, which it gives as home to users that have none. Nothing has to be made for a
 * look, and a look leaves nothing behind.
 */
export const emptyHome = '/var/empty';
