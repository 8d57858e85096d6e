import { stat } from 'node:fs/promises';
import { nullOn } from '#platform/files/errors.ts';
import type { Probe } from '#platform/inventory.ts';
import { packageDatabases } from '#platform/linux/packages.ts';
import { readSystemFile } from '#platform/linux/read.ts';
import { completed, failed } from '#platform/looks.ts';
import type { Runner } from '#platform/linux/runner.ts';
import { systemdRuns } from '#platform/linux/services.ts';
import type { RebootRequest } from '#platform/platform.ts';
import { shutdownArguments } from '#platform/posix/shutdown.ts';

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

/** systemd-logind writes here what `shutdown` has scheduled, whoever asked (systemd v220 and later). */
const scheduleFile = '/run/systemd/shutdown/scheduled';

/**
 * `shutdown -r +MINUTES` of systemd hands the time to logind and returns; logind warns whoever is logged in, again and
 * again. Without systemd the program would have to stay alive for as long, so there it is not offered.
 */
export async function requestReboot(runner: Runner, { noticeMs, message }: RebootRequest): Promise<Probe<void>> {
  if (!(await systemdRuns())) return { status: 'unsupported', detail: 'systemd does not run this machine' };
  if ((await readSystemFile(scheduleFile)) !== null) {
    return { status: 'failed', code: 'reboot.already-scheduled', detail: 'a restart or shutdown is scheduled already' };
  }
  return shutdown(runner, shutdownArguments(noticeMs, message));
}

export async function cancelReboot(runner: Runner): Promise<Probe<void>> {
  if (!(await systemdRuns())) return { status: 'unsupported', detail: 'systemd does not run this machine' };
  return shutdown(runner, ['-c']);
}

async function shutdown(runner: Runner, args: readonly string[]): Promise<Probe<void>> {
  const probe = completed(await runner.probe({ program: 'shutdown', args }, { timeoutMs: 30_000 }), 'shutdown');
  if (probe.status !== 'ok') return probe;
  if (probe.value.code === 0) return { status: 'ok', value: undefined };
  return failed(`shutdown ended with ${probe.value.code}: ${probe.value.stderr.trim()}`);
}
