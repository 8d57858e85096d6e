export interface KernelLock {
  /** Of our own pid namespace; null for a holder outside it and for locks of an open file instead of a process. */
  readonly pid: number | null;
  /** "major:minor" in decimal, as mountinfo has it. */
  readonly device: string;
  readonly inode: string;
}

/**
 * /proc/locks (proc(5)): "1: POSIX  ADVISORY  WRITE 812 fe:00:131 0 EOF". Package managers take fcntl locks, so flock
 * ones, which any reader of a file may take, are left out; so are lines of processes that only wait ("->").
 */
export function parseLocks(text: string): readonly KernelLock[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (fields[1] !== 'POSIX' && fields[1] !== 'OFDLCK') return [];
    const [major, minor, inode] = (fields[5] ?? '').split(':');
    if (major === undefined || minor === undefined || inode === undefined) return [];
    const pid = Number(fields[4]);
    const device = `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`;
    return [{ pid: pid > 0 ? pid : null, device, inode }];
  });
}

/** `stat`'s device number as "major:minor" (glibc's makedev). */
export function deviceOf(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}
