/**
 * The documented exit codes and the class each has by its documentation: what may be done about it. Windows EXE: the
 * vendor's article 000008704 "Return codes after installing or updating Windows Agents"; msiexec: Microsoft's "Error codes"
 * of Windows Installer; macOS: man page installer(8) and numbers seen in public install logs; Linux: man pages of the
 * package managers and the scripts of the vendor's package. Written down apart from the rows, so that a slip there shows.
 */
export type DocumentedClass =
  /** Done. */
  | 'OK'
  /** Done or staged, a restart still owed. */
  | 'OK-R'
  /** The same or newer is there. */
  | 'HAVE'
  /** Passes by itself: again. */
  | 'RETRY'
  /** Only after a restart. */
  | 'REBOOT'
  /** We can change something and try once. */
  | 'FIX'
  /** A person or a setting must change. */
  | 'STOP'
  /** There, but not (fully) protecting. */
  | 'DEGR';

export const exe: readonly (readonly [codes: readonly number[], DocumentedClass])[] = [
  [[0, 12, 202], 'OK'],
  [[100, 101, 102, 103, 104], 'OK-R'],
  [[200, 203, 2002, 2003, 2007], 'REBOOT'],
  [[1000], 'HAVE'],
  [[204, 205, 1002, 1003, 1006], 'RETRY'],
  [[2000, 2001, 2005, 2019, 2021, 2013, 2014, 2017, 2020, 2023, 2022, 2026, 2029, 2030, 2032], 'RETRY'],
  [[201, 206, 1001, 1004, 1005, 1009, 2031, 2004, 2008, 2011, 2015, 2016, 2018, 2024, 2025], 'STOP'],
  [[2006, 2009, 2010, 2012], 'FIX'],
  [[2027, 2028], 'DEGR'],
];

export const msi: readonly (readonly [codes: readonly number[], DocumentedClass])[] = [
  [[0], 'OK'],
  [[3010, 1641], 'OK-R'],
  [[1602, 1603, 1601, 1612, 1618, 1619, 1620], 'RETRY'],
  [[1604], 'REBOOT'],
  [[1622], 'FIX'],
  [[1613, 1625, 1640, 1633, 1639, 1624, 1642, 1654], 'STOP'],
  [[1638], 'HAVE'],
];

/** What the class column says otherwise than by its word, and why ours is right all the same. */
export const exceptions: Readonly<Record<string, string>> = {
  'exe 2010': 'the fix is -q, which is always among our arguments: then it is our fault and stops',
  'exe 2011': 'stops, after one fresh download: the file may be damaged',
};

export const macos: readonly (readonly [text: string, DocumentedClass])[] = [
  [
    'PackageKit: Install Failed: Error Domain=PKInstallErrorDomain Code=112 "An error occurred while running scripts"',
    'RETRY',
  ],
  ['PackageKit: Install Failed: Error Domain=PKInstallErrorDomain Code=120 "The package could not be moved"', 'RETRY'],
  ['PackageKit: Install Failed: Error Domain=PKInstallErrorDomain Code=200 "An error occurred connecting"', 'RETRY'],
  ['PackageKit: Install Failed: Error Domain=PKInstallErrorDomain Code=201 "cannot start"', 'RETRY'],
  ['PackageKit: Install Failed: Error Domain=PKInstallErrorDomain Code=102 "The package is untrusted."', 'STOP'],
  ['installer: Cannot install on volume / because it is disabled.\ninstaller: This requires macOS 13.', 'STOP'],
  ['installer: There is not enough free disk space', 'RETRY'],
  ['installer: Another installation is already in progress', 'RETRY'],
  ['installer: The package is untrusted', 'STOP'],
  ['installer: This package must be run as root', 'STOP'],
];
