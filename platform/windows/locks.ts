import type { Probe } from '#platform/inventory.ts';
import type { LockHolder, PackageFormat } from '#platform/platform.ts';
import { servicesSession } from '#platform/windows/parse/tasklist.ts';
import type { Processes } from '#platform/windows/processes.ts';

/**
 * Whether Windows Installer changes the machine now, by the mark it leaves in the registry beside a running process of
 * its own. Its mutex is not asked: any user can make one of that name. What this does not see the installer itself
 * answers with 1618, and that is believed.
 */
export async function heldLocks(processes: Processes, format: PackageFormat): Promise<Probe<readonly LockHolder[]>> {
  if (format !== 'exe' && format !== 'msi') return { status: 'unsupported', detail: `no ${format} on Windows` };
  const changing = await processes.installationInProgress();
  if (changing.status !== 'ok') return changing;
  if (!changing.value) return { status: 'ok', value: [] };
  const tasks = await processes.tasks();
  if (tasks.status !== 'ok') return tasks;
  const installers = tasks.value.filter((task) => task.name.toLowerCase() === 'msiexec.exe');
  const services = servicesSession(tasks.value);
  // The work is done by its service. A mark without that is what an interrupted installation left, and the next one clears
  // it: a program that any user may start must not keep it standing.
  if (!installers.some(({ session }) => session === services || session === null)) return { status: 'ok', value: [] };
  const holder = installers.find((task) => task.session !== 0) ?? installers[0];
  const path = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\InProgress';
  const command = holder === undefined ? null : { pid: holder.pid, command: holder.name };
  return { status: 'ok', value: [{ lock: 'windows installer', path, holder: command }] };
}
