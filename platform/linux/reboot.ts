import { stat } from 'node:fs/promises';
import { nullOn } from '#platform/files/errors.ts';
import type { Probe } from '#platform/inventory.ts';
import { packageDatabases } from '#platform/linux/packages.ts';
import { completed, failed } from '#platform/linux/read.ts';
import type { Runner } from '#platform/linux/runner.ts';

/** Debian's update-notifier and SUSE's libzypp leave a mark; Red Hat's systems are asked by their own tool. */
const marks = ['/run/reboot-required', '/run/reboot-needed'];

/** Whether the distribution asks for a restart; `unsupported` where nothing tells. */
export async function pendingReboot(runner: Runner): Promise<Probe<boolean>> {
  for (const mark of marks) {
    if ((await nullOn(['ENOENT', 'ENOTDIR'], () => stat(mark))) !== null) return { status: 'ok', value: true };
  }
  if (!(await packageDatabases()).rpm) return { status: 'ok', value: false };
  const probe = completed(
    await runner.probe({ program: 'needs-restarting', args: ['-r'] }, { timeoutMs: 60_000 }),
    'needs-restarting',
  );
  if (probe.status !== 'ok') return probe;
  // dnf-utils: 1 asks for a restart.
  if (probe.value.code === 0 || probe.value.code === 1) return { status: 'ok', value: probe.value.code === 1 };
  return failed(`needs-restarting ended with ${probe.value.code}: ${probe.value.stderr.trim()}`);
}
