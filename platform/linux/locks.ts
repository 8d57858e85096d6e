import { stat } from 'node:fs/promises';
import { nullOn } from '#platform/files/errors.ts';
import type { Probe } from '#platform/inventory.ts';
import { deviceOf, type KernelLock, parseLocks } from '#platform/linux/parse/locks.ts';
import { isGone, type Mount, mountOf, parseMountinfo, parseStat } from '#platform/linux/parse/proc.ts';
import { commandOf } from '#platform/linux/processes.ts';
import { readSystemFile } from '#platform/linux/read.ts';
import { failed } from '#platform/looks.ts';
import type { LockHolder, PackageFormat } from '#platform/platform.ts';

interface LockRow {
  readonly lock: string;
  readonly path: string;
  /** `fcntl`: held while the kernel says so. `pid-file`: held while the process named in it lives. */
  readonly kind: 'fcntl' | 'pid-file';
}

/** apt and dpkg: apt's documentation of `lock-frontend`; rpm: `_rpmlock_path`; dnf and zypp: their pid files. */
const lockRows: Readonly<Record<'deb' | 'rpm', readonly LockRow[]>> = {
  deb: [
    { lock: 'dpkg frontend', path: '/var/lib/dpkg/lock-frontend', kind: 'fcntl' },
    { lock: 'dpkg', path: '/var/lib/dpkg/lock', kind: 'fcntl' },
    { lock: 'apt lists', path: '/var/lib/apt/lists/lock', kind: 'fcntl' },
    { lock: 'apt archives', path: '/var/cache/apt/archives/lock', kind: 'fcntl' },
  ],
  rpm: [
    { lock: 'rpm', path: '/var/lib/rpm/.rpm.lock', kind: 'fcntl' },
    { lock: 'rpm', path: '/usr/lib/sysimage/rpm/.rpm.lock', kind: 'fcntl' },
    { lock: 'dnf', path: '/run/dnf/rpmtransaction.lock', kind: 'fcntl' },
    { lock: 'dnf', path: '/var/lib/dnf/rpmdb_lock.pid', kind: 'pid-file' },
    { lock: 'dnf', path: '/var/cache/dnf/metadata_lock.pid', kind: 'pid-file' },
    { lock: 'dnf', path: '/var/cache/dnf/download_lock.pid', kind: 'pid-file' },
    { lock: 'yum', path: '/run/yum.pid', kind: 'pid-file' },
    { lock: 'zypp', path: '/run/zypp.pid', kind: 'pid-file' },
  ],
};

/** Locks of the system's package managers that are held now; `under` is put before every path (tests). */
export async function heldLocks(format: PackageFormat, under = ''): Promise<Probe<readonly LockHolder[]>> {
  if (format !== 'deb' && format !== 'rpm') return { status: 'unsupported', detail: `no ${format} on Linux` };
  const text = await readSystemFile('/proc/locks');
  if (text === null) return failed('/proc/locks cannot be read');
  const kernelLocks = parseLocks(text);
  const mounts = parseMountinfo((await readSystemFile('/proc/self/mountinfo')) ?? '');
  const held: LockHolder[] = [];
  for (const row of lockRows[format]) {
    const path = `${under}${row.path}`;
    const holder = row.kind === 'fcntl' ? await fcntlHolder(path, kernelLocks, mounts) : await pidFileHolder(path);
    if (holder !== null) held.push({ lock: row.lock, path, holder: await named(holder.pid) });
  }
  return { status: 'ok', value: held };
}

interface Holder {
  readonly pid: number | null;
}

/** The kernel numbers the file system itself; `stat` may name a subvolume instead, so both are compared. */
async function fcntlHolder(
  path: string,
  locks: readonly KernelLock[],
  mounts: readonly Mount[],
): Promise<Holder | null> {
  const file = await nullOn(['ENOENT', 'ENOTDIR'], () => stat(path, { bigint: true }));
  if (file === null) return null;
  const devices = [deviceOf(file.dev), mountOf(mounts, path)?.device];
  const lock = locks.find((each) => each.inode === String(file.ino) && devices.includes(each.device));
  return lock === undefined ? null : { pid: lock.pid };
}

/** A left-over pid file names a process that is gone, or a later one that started after the file was written. */
async function pidFileHolder(path: string): Promise<Holder | null> {
  const file = await nullOn(['ENOENT', 'ENOTDIR'], () => stat(path));
  if (file === null || !file.isFile() || file.uid !== 0) return null;
  const pid = Number(/^\d{1,10}$/.exec(((await readSystemFile(path)) ?? '').trim())?.[0] ?? 0);
  if (pid === 0) return null;
  const status = parseStat((await readSystemFile(`/proc/${pid}/stat`)) ?? '');
  const alive = status !== null && !isGone(status);
  return alive && !(await startedAfter(status.startTime, file.mtimeMs)) ? { pid } : null;
}

const ticksPerSecond = 100;
const slackMs = 2_000;

/** Field 22 of stat counts USER_HZ (100 on every Linux) ticks since boot; btime is the boot in seconds. */
async function startedAfter(startTime: string, timeMs: number): Promise<boolean> {
  const boot = /^btime (\d+)$/m.exec((await readSystemFile('/proc/stat')) ?? '')?.[1];
  if (boot === undefined) return false;
  return Number(boot) * 1000 + (Number(startTime) * 1000) / ticksPerSecond > timeMs + slackMs;
}

async function named(pid: number | null): Promise<LockHolder['holder']> {
  if (pid === null) return null;
  return { pid, command: (await commandOf(pid)) ?? 'unknown' };
}
