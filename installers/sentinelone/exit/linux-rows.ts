/** Exit codes and phrases of dpkg, apt-get, rpm, dnf, yum and zypper as rows. First row that matches is the meaning. */
import type { ExitMeaning, Rung } from '#installers/vendor.ts';
import type { FaultCode } from '#protocol/codes.ts';
import {
  alreadyThere,
  degraded,
  done,
  doneReboot,
  download,
  fault,
  few,
  once,
  stop,
  waits,
} from '#installers/sentinelone/exit/meaning.ts';

export interface OutputRow {
  readonly pattern: RegExp;
  readonly meaning: ExitMeaning;
  /** Read when the manager ended with 0; the others only when it did not. */
  readonly onSuccess?: boolean;
}

interface ScriptRow {
  readonly status: number;
  readonly meaning: { readonly code: FaultCode; readonly text: string; readonly ladder: readonly Rung[] };
}

/** Exit statuses of the scripts inside the vendor's package. The vendor's Windows installer has a 102 of its own. */
export const scriptRows: readonly ScriptRow[] = [
  {
    status: 101,
    meaning: { code: 'install.scriptlet-failed', text: "a command in the package's script failed", ladder: once },
  },
  {
    status: 102,
    meaning: {
      code: 'install.leftovers',
      text: "the package's script found leftovers of an earlier agent",
      ladder: [stop],
    },
  },
  {
    status: 103,
    meaning: {
      code: 'install.unsupported-system',
      text: "the package's script found no tool to register its service",
      ladder: [stop],
    },
  },
];

const sharedRows: readonly OutputRow[] = [
  {
    pattern: /Read-only file system/,
    meaning: fault('install.read-only-system', 'the file system is read-only', [stop]),
  },
  {
    pattern:
      /No space left on device|You don't have enough free space in|more (?:space|inodes) (?:needed )?on the|Disk quota exceeded/,
    meaning: fault('install.no-space', 'the disk is full', waits),
  },
  {
    pattern: /Cannot allocate memory|Out of memory/,
    meaning: fault('install.failed', 'there was not enough memory', few),
  },
];

/** Lines with "E:" only: the lines about waiting for a lock use the same words and say nothing about the end. */
export const debRows: readonly OutputRow[] = [
  {
    pattern:
      /^E: (?:Could not get lock|Unable to acquire the dpkg frontend lock .*another process|Unable to lock (?:directory|the administration directory .*another process))|dpkg (?:frontend|database) lock was locked by another process/m,
    meaning: fault('install.busy', 'another package manager holds the lock', waits),
  },
  {
    pattern: /dpkg was interrupted, you must manually run/,
    meaning: fault('install.package-manager-broken', 'dpkg was interrupted in an earlier run', [stop]),
  },
  {
    pattern: /package architecture \(\S+\) does not match system/,
    meaning: fault('install.wrong-package', 'the package is for another architecture', [stop]),
  },
  {
    pattern: /were downgraded and -y was used without/,
    meaning: alreadyThere('a newer version is installed'),
  },
  {
    pattern: /Packages need to be removed but remove is disabled/,
    meaning: fault('install.dependencies-missing', 'another package would have to be removed', [stop]),
  },
  {
    pattern:
      /have unmet dependencies|Unmet dependencies\.|dependency problems(?: prevent configuration of| - leaving unconfigured)|pre-dependency problem|held broken packages/,
    meaning: fault('install.dependencies-missing', 'packages that the agent needs are missing', [stop]),
  },
  {
    pattern: /trying to overwrite '[^'\n]{1,300}', which is also in package/,
    meaning: fault('install.failed', 'another package owns a file of the agent', [stop]),
  },
  {
    pattern:
      /not a Debian format archive|unexpected end of file|corrupted filesystem tarfile|is not a valid DEB package|lzma error|zlib\(/,
    meaning: fault('package.unreadable', 'the package file cannot be read', download),
  },
  {
    pattern: /Sub-process \S+ (?:received a segmentation fault|exited unexpectedly)/,
    meaning: fault('install.crashed', 'dpkg crashed', once),
  },
  {
    pattern: /Temporary failure resolving|Failed to fetch|Unable to fetch some archives/,
    meaning: fault('install.dependencies-missing', 'packages that the agent needs could not be downloaded', few),
  },
  {
    pattern:
      /^dpkg: error: (?:unknown option|conflicting actions|need an action option)|^E: (?:Command line option|Unsupported file|Invalid operation)/m,
    meaning: fault('install.bad-arguments', 'the arguments were not understood', [stop]),
  },
  ...sharedRows,
  {
    onSuccess: true,
    pattern:
      /sentinelagent is already the newest version|will not downgrade sentinelagent|version \S+ of sentinelagent already installed, skipping/,
    meaning: alreadyThere('the same or a newer version is installed'),
  },
];

/** The words about waiting stand last: dnf and yum print them also when the wait ended well. */
export const rpmRows: readonly OutputRow[] = [
  {
    pattern:
      /can't create transaction lock on|Failed to obtain the transaction lock|System management is locked by the application/,
    meaning: fault('install.busy', 'another package manager holds the lock', waits),
  },
  {
    pattern:
      /is intended for a different (?:architecture|operating system)|does not have a compatible architecture|Not a compatible architecture/,
    meaning: fault('install.wrong-package', 'the package is for another architecture', [stop]),
  },
  {
    pattern:
      /package SentinelAgent-\S+ (?:\(which is newer than \S+\) )?is already installed|The same or higher version of SentinelAgent is already installed/,
    meaning: alreadyThere('the same or a newer version is installed'),
  },
  {
    pattern:
      /does not verify: no digest|does not verify: .*\bBAD\b|Digest mismatch|digest: BAD|unpacking of archive failed/i,
    meaning: fault('package.altered', 'the package does not verify', download),
  },
  {
    pattern: /Package \S+ is not signed/,
    meaning: fault('package.unsigned', 'the system refuses the package as unsigned', [stop]),
  },
  {
    pattern:
      /Public key for \S+ is not installed|GPG check FAILED|does not verify: .*NOKEY|Signature verification failed/,
    meaning: fault('install.key-missing', "the system does not know the vendor's package key", [stop]),
  },
  {
    pattern: /Failed dependencies:|nothing provides |conflicting requests|Depsolve Error|^ {4,}Requires: /m,
    meaning: fault('install.dependencies-missing', 'packages that the agent needs are missing', [stop]),
  },
  {
    pattern:
      /Errors during downloading metadata|Cannot retrieve repository metadata|Failed to (?:synchronize cache|download metadata)|Cannot find a valid baseurl/,
    meaning: fault('install.dependencies-missing', 'a package source of the system does not answer', few),
  },
  {
    pattern: /conflicts with file from package/,
    meaning: fault('install.failed', 'another package owns a file of the agent', [stop]),
  },
  {
    pattern: /cannot open Packages (?:index|database)|rpmdb open failed|DB_RUNRECOVERY|Thread died in Berkeley DB/,
    meaning: fault('install.package-manager-broken', 'the rpm database is damaged', [stop]),
  },
  {
    pattern: /not an rpm package|Can not load RPM file|package header|Could not open: /i,
    meaning: fault('package.unreadable', 'the package file cannot be read', download),
  },
  {
    pattern: /unrecognized arguments|Command line error|no such option|^rpm: .*unknown option|Unknown argument/m,
    meaning: fault('install.bad-arguments', 'the arguments were not understood', [stop]),
  },
  ...sharedRows,
  {
    pattern:
      /Another app is currently holding the yum lock|Waiting for process with pid \d+ to finish|already locked by \d+/,
    meaning: fault('install.busy', 'another package manager holds the lock', waits),
  },
  {
    onSuccess: true,
    pattern: /Package SentinelAgent-\S+ is already installed|SentinelAgent\S* .*already installed|^Nothing to do/m,
    meaning: alreadyThere('the same or a newer version is installed'),
  },
];

const otherError = (manager: string): ExitMeaning =>
  fault('install.failed', `${manager} failed without a known reason`, few);

/** Bare codes, when the output said nothing that is known. */
export const codeRows: Readonly<Record<'deb' | 'rpm', Readonly<Record<number, ExitMeaning>>>> = {
  deb: {
    1: otherError('dpkg'),
    2: otherError('dpkg'),
    100: otherError('apt-get'),
  },
  rpm: {
    // rpm: number of failed packages, and we give it one; dnf and yum: an error they handled.
    1: otherError('rpm'),
    3: otherError('dnf'),
    4: otherError('zypper'),
    7: fault('install.busy', 'zypper found the lock held', waits),
    8: otherError('zypper'),
    102: doneReboot('installed; zypper asks for a reboot'),
    103: done('installed; zypper was updated too'),
    107: degraded('install.scriptlet-failed', 'installed, but a script failed (zypper)'),
    200: fault('install.busy', 'dnf did not get its lock', waits),
  },
};
