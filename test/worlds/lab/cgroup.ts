/**
 * A control group of its own for each container. systemd-nspawn makes `payload` and `supervisor` below the group it was started
 * in: two containers in one group would end each other's units.
 */
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const mountPoint = '/sys/fs/cgroup';

/** The hierarchies systemd uses here: one where cgroup v2 is alone, two where it shares the machine with v1. */
function hierarchies(): readonly string[] {
  if (existsSync(join(mountPoint, 'cgroup.procs'))) return [mountPoint];
  return ['systemd', 'unified']
    .map((name) => join(mountPoint, name))
    .filter((path) => existsSync(join(path, 'cgroup.procs')));
}

/** Makes the groups and returns their folders; a process joins one by writing its pid to `cgroup.procs` there. */
export function makeGroups(name: string): readonly string[] {
  return hierarchies().map((hierarchy) => {
    const group = join(hierarchy, `garrison-lab-${name}`);
    mkdirSync(group, { recursive: true });
    return group;
  });
}

/** Removes the groups and what the container made below them. Groups that still hold a process stay. */
export function removeGroups(name: string): void {
  for (const hierarchy of hierarchies()) removeTree(join(hierarchy, `garrison-lab-${name}`));
}

function removeTree(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(group, entry.name));
  }
  try {
    rmdirSync(group);
  } catch {
    // Busy: a process of the container is still ending. The next start under this name removes it.
  }
}
