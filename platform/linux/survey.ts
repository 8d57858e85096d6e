import { dirname } from 'node:path';
import type { Inventory, InventoryQuery, PathRecord, Probe } from '#platform/inventory.ts';
import { installedPackages } from '#platform/linux/packages.ts';
import { mountOf, parseModules, parseMountinfo, type Mount } from '#platform/linux/parse/proc.ts';
import { listSystemDirectory, readSystemFile, readSystemLink } from '#platform/linux/read.ts';
import { failed } from '#platform/looks.ts';
import type { Runner } from '#platform/linux/runner.ts';
import { serviceInventory } from '#platform/linux/services.ts';
import { surveyProcesses } from '#platform/linux/survey-processes.ts';
import { usePath } from '#platform/linux/trusted-path.ts';

const absent = { status: 'unsupported', detail: 'does not exist on Linux' } as const;

/** One reading of every source; each answers for itself, none is asked twice. */
export async function surveyInventory(runner: Runner, query: InventoryQuery): Promise<Inventory> {
  const [product, packages, services, processes, drivers, paths] = await Promise.all([
    productKind(),
    guarded(() => installedPackages(runner)),
    guarded(() => serviceInventory(runner, query.services)),
    guarded(surveyProcesses),
    guarded(kernelModules),
    guarded(() => surveyPaths(query.paths)),
  ]);
  return {
    os: 'linux',
    product,
    packages,
    services,
    processes,
    drivers,
    paths,
    securityCenter: absent,
    uninstallEntries: absent,
    systemExtensions: absent,
    launchDaemons: absent,
    bundleIds: absent,
    receipts: absent,
    defender: absent,
  };
}

/** A graphical login makes a workstation; a server with a desktop installed but not started stays a server. */
export async function productKind(): Promise<'client' | 'server'> {
  const target =
    (await readSystemLink('/etc/systemd/system/default.target')) ??
    (await readSystemLink('/usr/lib/systemd/system/default.target')) ??
    '';
  if (!target.endsWith('graphical.target')) return 'server';
  const sessions = await Promise.all(
    ['/usr/share/xsessions', '/usr/share/wayland-sessions'].map((path) => listSystemDirectory(path)),
  );
  return sessions.flat().length > 0 ? 'client' : 'server';
}

async function kernelModules(): Promise<Inventory['drivers']> {
  const text = await readSystemFile('/proc/modules');
  if (text === null) return { status: 'unsupported', detail: 'this kernel has no loadable modules' };
  return { status: 'ok', value: parseModules(text) };
}

/** A dead server behind one of these hangs whoever looks, and its owner is not this machine's root. */
const remoteTypes = /^(?:nfs\d?|cifs|smb\d?|smbfs|ceph|glusterfs|afs|9p|autofs|davfs|fuse(?:\..*)?)$/;

/** Paths as given, or with `*` at the end of the last component. Nothing on network or user file systems is touched. */
export async function surveyPaths(patterns: readonly string[]): Promise<Inventory['paths']> {
  const mounts = parseMountinfo((await readSystemFile('/proc/self/mountinfo')) ?? '');
  const remote = patterns.find((pattern) => isRemote(mounts, pattern));
  if (remote !== undefined) return failed(`${remote} lies on a network or user file system, which is not looked at`);
  const paths = (await Promise.all(patterns.map(expandPath))).flat();
  const records = await Promise.all(paths.map(pathRecord));
  return { status: 'ok', value: records.filter((record) => record !== null) };
}

function isRemote(mounts: readonly Mount[], path: string): boolean {
  return remoteTypes.test(mountOf(mounts, path)?.type ?? '');
}

async function expandPath(pattern: string): Promise<readonly string[]> {
  if (!pattern.endsWith('*')) return [pattern];
  const directory = dirname(pattern);
  const prefix = pattern.slice(directory === '/' ? 1 : directory.length + 1, -1);
  const names = await listSystemDirectory(directory);
  return names.filter((name) => name.startsWith(prefix)).map((name) => `${directory === '/' ? '' : directory}/${name}`);
}

async function pathRecord(path: string): Promise<PathRecord | null> {
  return usePath(path, { owners: [], trustedRoot: '/' }, (walked) => {
    if (walked.status === 'absent') return null;
    return { path, trusted: walked.status === 'found' && walked.distrust === null };
  });
}

/** What we did not foresee about one source must not take the others with it. */
async function guarded<T>(look: () => Promise<Probe<T>>): Promise<Probe<T>> {
  try {
    return await look();
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
