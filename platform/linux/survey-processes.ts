import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { nullOn } from '#platform/files/errors.ts';
import type { Probe, ProcessRecord } from '#platform/inventory.ts';
import { blocksFileAccess, isGone, parseStat, parseUids } from '#platform/linux/parse/proc.ts';
import { executableOf, listPids } from '#platform/linux/processes.ts';
import { listSystemDirectory, readSystemFile, readSystemLink } from '#platform/linux/read.ts';
import { failed } from '#platform/looks.ts';
import { usePath } from '#platform/linux/trusted-path.ts';

/** Users below are the system's own on every distribution served (SYS_UID_MAX of login.defs). */
const systemUidMax = 999;
const descriptorsMax = 4096;
const groupAndOthersWrite = 0o022;
const closedErrnos = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];

/** A process of a container or user namespace sees another machine. */
interface View {
  readonly user: string | null;
  readonly pid: string | null;
  readonly mount: string | null;
  readonly root: string | null;
}

/**
 * Every process with an executable, from /proc and not by ps-list: what ps prints is the forgeable `comm` and argv, while
 * /proc gives the executable's inode, owner, namespaces and fanotify groups, and no program is started.
 */
export async function surveyProcesses(): Promise<Probe<readonly ProcessRecord[]>> {
  const pids = await listPids();
  const host = await hostView();
  if (pids.length === 0 || host === null) return failed('/proc cannot be read');
  const records: ProcessRecord[] = [];
  for (const pid of pids) {
    const record = await recordOf(pid, host);
    if (record !== null) records.push(record);
  }
  return { status: 'ok', value: records };
}

/** Null when it has gone or is a kernel thread. */
async function recordOf(pid: number, host: View): Promise<ProcessRecord | null> {
  const [statText, status, executable] = await Promise.all([
    readSystemFile(`/proc/${pid}/stat`),
    readSystemFile(`/proc/${pid}/status`),
    executableOf(pid),
  ]);
  const kernel = parseStat(statText ?? '');
  if (kernel === null || isGone(kernel)) return null;
  if (executable === null) {
    const kernelThread = pid === 2 || kernel.parentPid === 2;
    return kernelThread ? null : { pid, path: null, name: kernel.comm, trusted: false, blocksFileAccess: false };
  }
  const uids = parseUids(status ?? '');
  const system = uids !== null && uids.every((uid) => uid <= systemUidMax);
  const trusted = system && (await sharesView(pid, host)) && (await isSystemFile(pid, executable));
  const name = basename(executable.path);
  return { pid, path: executable.path, name, trusted, blocksFileAccess: await holdsBlockingGroup(pid) };
}

/**
 * What the machine itself looks like: process 1's view, or our own where process 1 holds a capability that we were not
 * given (reading its links then is denied even to root).
 */
async function hostView(): Promise<View | null> {
  for (const pid of ['1', 'self']) {
    const view = await viewOf(pid);
    if (view.mount !== null && view.root !== null) return view;
  }
  return null;
}

async function viewOf(pid: number | string): Promise<View> {
  const [user, ownPid, mount, root] = await Promise.all([
    readSystemLink(`/proc/${pid}/ns/user`),
    readSystemLink(`/proc/${pid}/ns/pid`),
    readSystemLink(`/proc/${pid}/ns/mnt`),
    inodeOf(`/proc/${pid}/root`),
  ]);
  return { user, pid: ownPid, mount, root };
}

/**
 * The host's own mount namespace; or a private one over the host's root directory, as systemd gives sandboxed services.
 * The latter counts only with the host's user namespace, where none but root can make one (in his own a user maps
 * himself to root and mounts any file over any name).
 */
async function sharesView(pid: number, host: View): Promise<boolean> {
  const view = await viewOf(pid);
  if (view.user !== host.user || view.pid !== host.pid) return false;
  return view.mount === host.mount || (view.root !== null && view.root === host.root);
}

/** The running file is root's, unwritable by others, and the very one at its path below directories of root alone. */
async function isSystemFile(pid: number, executable: { path: string; deleted: boolean }): Promise<boolean> {
  const running = await nullOn(closedErrnos, () => stat(`/proc/${pid}/exe`, { bigint: true }));
  if (running === null || running.uid !== 0n || (Number(running.mode) & groupAndOthersWrite) !== 0) return false;
  const path = executable.deleted ? parentOf(executable.path) : executable.path;
  return usePath(path, { owners: [], trustedRoot: '/' }, async (walked) => {
    // An update replaced the file under the running program: then its directory has to speak for it.
    if (walked.status !== 'found') return false;
    if (walked.distrust !== null) return false;
    if (executable.deleted) return true;
    const standing = await walked.handle.stat({ bigint: true });
    return standing.dev === running.dev && standing.ino === running.ino;
  });
}

async function holdsBlockingGroup(pid: number): Promise<boolean> {
  const descriptors = (await listSystemDirectory(`/proc/${pid}/fd`)).slice(0, descriptorsMax);
  for (const descriptor of descriptors) {
    const link = await readSystemLink(`/proc/${pid}/fd/${descriptor}`);
    if (link !== 'anon_inode:[fanotify]') continue;
    if (blocksFileAccess((await readSystemFile(`/proc/${pid}/fdinfo/${descriptor}`)) ?? '')) return true;
  }
  return false;
}

async function inodeOf(path: string): Promise<string | null> {
  const found = await nullOn(closedErrnos, () => stat(path, { bigint: true }));
  return found === null ? null : `${found.dev}:${found.ino}`;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
