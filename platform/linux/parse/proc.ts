import type { DriverRecord } from '#platform/inventory.ts';

export interface ProcessStat {
  /** The kernel's name: at most 15 bytes, forgeable by the process itself. */
  readonly comm: string;
  readonly state: string;
  readonly parentPid: number;
  /** Ticks since boot when it started (field 22). */
  readonly startTime: string;
}

/** /proc/PID/stat (proc(5)): comm stands in parentheses and may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const rest = text.slice(close + 2).split(' ');
  const [state, parent] = rest;
  const startTime = rest[19];
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return null;
  return { comm: text.slice(open + 1, close), state, parentPid: Number(parent), startTime };
}

/** Dead but not yet collected: no program any more. */
export function isGone(stat: ProcessStat): boolean {
  return stat.state === 'Z' || stat.state === 'X';
}

/**
 * Name of the script an interpreter runs, from its arguments; null for code given in an argument ("-c …", "-m …"), which
 * may hold anything, secrets included.
 */
export function scriptName(args: readonly string[]): string | null {
  for (const arg of args) {
    if (/^-[A-Za-z]*[cm]/.test(arg)) return null;
    if (arg === '' || arg.startsWith('-')) continue;
    const name = arg.slice(arg.lastIndexOf('/') + 1);
    return /^[\w.+-]{1,64}$/.test(name) ? name : null;
  }
  return null;
}

/** Real, effective and saved user of /proc/PID/status; null when it cannot be read as one. */
export function parseUids(status: string): readonly number[] | null {
  const found = /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(status);
  return found === null ? null : found.slice(1, 4).map(Number);
}

/** Of /proc/PID/status: kernel threads and the dead have none, so they run no program. */
export function hasMemory(status: string): boolean {
  return /^VmSize:/m.test(status);
}

const blockingClasses = 0x4 | 0x8;

/** /proc/PID/fdinfo/N of a fanotify group: "fanotify flags:4 event-flags:0", class content 0x4 or pre-content 0x8. */
export function blocksFileAccess(fdinfo: string): boolean {
  const found = /^fanotify flags:([0-9a-f]+)/m.exec(fdinfo);
  return found?.[1] !== undefined && (Number.parseInt(found[1], 16) & blockingClasses) !== 0;
}

/** /proc/modules: name, size, uses, users, state ("Live", "Loading", "Unloading"). */
export function parseModules(text: string): readonly DriverRecord[] {
  return text.split('\n').flatMap((line) => {
    const [name, , , , state] = line.split(' ');
    if (name === undefined || name === '') return [];
    return [{ name, state: state === 'Unloading' ? ('stopped' as const) : ('loaded' as const), altitude: null }];
  });
}

/** Whether every processor has SSE4.2; null when /proc/cpuinfo lists no x86 flags. */
export function parseSse42(cpuinfo: string): boolean | null {
  const flags = [...cpuinfo.matchAll(/^flags\s*:\s*(.*)$/gm)].map((found) => (found[1] ?? '').split(' '));
  return flags.length === 0 ? null : flags.every((each) => each.includes('sse4_2'));
}

export interface Mount {
  /** "major:minor" of the file system itself, as /proc/locks names it (`stat` answers otherwise on btrfs). */
  readonly device: string;
  readonly path: string;
  readonly type: string;
}

/** /proc/self/mountinfo (proc(5)); blanks in paths are octal escapes. */
export function parseMountinfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const fields = before?.split(' ') ?? [];
    const [device, path, type] = [fields[2], fields[4], after?.split(' ')[0]];
    if (device === undefined || path === undefined || type === undefined) return [];
    return [{ device, path: unescapeOctal(path), type }];
  });
}

/** The mount that holds a path: the longest that is above it, the last one of equals (it covers the others). */
export function mountOf(mounts: readonly Mount[], path: string): Mount | null {
  let best: Mount | null = null;
  for (const mount of mounts) {
    const above = mount.path === '/' || path === mount.path || path.startsWith(`${mount.path}/`);
    if (above && (best === null || mount.path.length >= best.path.length)) best = mount;
  }
  return best;
}

function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));
}
