/** One row of `ps` in the columns of `processColumns`. */
export interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  /** Effective and real user; a set-user-id program started by somebody keeps his real one. */
  readonly uid: number;
  readonly realUid: number;
  readonly gone: boolean;
  /** Start to the second, in UTC because `ps` is told so: it must not change with the time zone of a laptop. */
  readonly startTime: string;
  /** The first 16 characters of its program's file name, as the kernel keeps it. */
  readonly name: string;
}

/**
 * Not `comm`: that is the first argument, which a process chooses. It may be a megabyte, hold line breaks, and with them
 * rows about processes that do not exist. The accounting name is the kernel's, and too short for any of it.
 */
export const processColumns = 'pid=,ppid=,uid=,ruid=,stat=,lstart=,ucomm=';

const row =
  /^\s*(\d+)\s+(\d+)\s+(-?\d+)\s+(-?\d+)\s+(\S+)\s+([A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4})\s+(.*)$/;

export function parseProcesses(output: string): readonly ProcessRow[] {
  return output.split('\n').flatMap((line) => {
    const found = row.exec(line);
    if (found === null) return [];
    const [, pid, parentPid, uid, realUid, state = '', startTime = '', name = ''] = found;
    return [
      {
        pid: Number(pid),
        parentPid: Number(parentPid),
        uid: Number(uid),
        realUid: Number(realUid),
        gone: state.startsWith('Z'),
        startTime: startTime.replaceAll(/ +/g, ' '),
        name: name.trimEnd(),
      },
    ];
  });
}

/**
 * `lsof -d txt -F pn`: after a line with the process come the files it runs from; the first is its program, the loader
 * and libraries follow. The kernel's word, unlike the first argument.
 */
export function parseProgramFiles(output: string): ReadonlyMap<number, string> {
  const files = new Map<number, string>();
  let pid: number | null = null;
  for (const line of output.split('\n')) {
    if (/^p\d+$/.test(line)) pid = Number(line.slice(1));
    else if (line.startsWith('n/') && pid !== null && !files.has(pid)) files.set(pid, line.slice(1));
  }
  return files;
}

/** Users of the system itself on macOS; people begin at 501. */
const systemUidMax = 499;

export function isSystemUser({ uid, realUid }: ProcessRow): boolean {
  return [uid, realUid].every((each) => each >= 0 && each <= systemUidMax);
}

export function isRoot({ uid, realUid }: ProcessRow): boolean {
  return uid === 0 && realUid === 0;
}

const accountingNameLength = 16;
const packageKit = '/System/Library/PrivateFrameworks/PackageKit.framework/Versions/A/';
const installerProgram = '/usr/sbin/installer';
/** They wait for work between installs, for minutes or for ever: busy is one that has a child. */
const installDaemons: ReadonlySet<string> = new Set([
  `${packageKit}Resources/installd`,
  `${packageKit}Resources/system_installd`,
  `${packageKit}XPCServices/package_script_service.xpc/Contents/MacOS/package_script_service`,
]);
/** It moves the files into place and exists only for that. */
const mover = `${packageKit}Resources/shove`;

const installerNames: ReadonlySet<string> = new Set(
  [installerProgram, mover, ...installDaemons].map((program) => accountingName(program)),
);

/** Root's, and worth asking for its program. */
export function maybeInstaller(row: ProcessRow): boolean {
  return isRoot(row) && !row.gone && installerNames.has(row.name);
}

export interface Installer {
  readonly pid: number;
  readonly command: string;
}

/**
 * What installs right now. Apple's installer serves one package after another, so another one is waited for. Every
 * program is the kernel's word, and root's: a person cannot keep protection away with a name, nor by leaving a window of
 * Installer open, which installs nothing before a daemon is at work.
 */
export function installersAtWork(
  rows: readonly ProcessRow[],
  programs: ReadonlyMap<number, string>,
): readonly Installer[] {
  const parents = new Set(rows.filter(({ gone }) => !gone).map(({ parentPid }) => parentPid));
  return rows.filter(maybeInstaller).flatMap(({ pid }) => {
    const program = programs.get(pid) ?? '';
    const atWork =
      program === installerProgram || program === mover || (installDaemons.has(program) && parents.has(pid));
    return atWork ? [{ pid, command: baseName(program) }] : [];
  });
}

export function accountingName(program: string): string {
  return baseName(program).slice(0, accountingNameLength);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
