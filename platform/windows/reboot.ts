import type { Probe } from '#platform/inventory.ts';
import { completed, failed } from '#platform/looks.ts';
import type { RebootRequest } from '#platform/platform.ts';
import { pendingRenames } from '#platform/windows/parse/renames.ts';
import { textOf } from '#platform/windows/parse/reg-query.ts';
import { queryRegistry } from '#platform/windows/registry.ts';
import type { Starter } from '#platform/windows/runner.ts';

/** Keys that stand there only until the next restart. */
const marks = [
  'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending',
  'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired',
];
const sessionManager = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager';

/** Component servicing, Windows Update, or files that are replaced at the next start. */
export async function pendingReboot(starter: Starter): Promise<Probe<boolean>> {
  for (const key of marks) {
    const found = await queryRegistry(starter, { key });
    if (found.status !== 'ok') return found;
    if (found.value.exists) return { status: 'ok', value: true };
  }
  const renames = await queryRegistry(starter, { key: sessionManager, value: 'PendingFileRenameOperations' });
  if (renames.status !== 'ok') return renames;
  const text = renames.value.keys.map((key) => textOf(key, 'PendingFileRenameOperations') ?? '').join('\\0');
  return { status: 'ok', value: pendingRenames(text).length > 0 };
}

/** ERROR_SHUTDOWN_IS_SCHEDULED. */
const alreadyScheduled = 1190;
/** ERROR_NO_SHUTDOWN_IN_PROGRESS. */
const noneScheduled = 1116;
/** What `shutdown` takes: ten years, and 512 characters. */
const noticeSecondsMax = 315_360_000;
const messageMax = 512;

/** Planned (p), for the installation of a program (4:2); whoever is logged in is told at once. */
export async function requestReboot(starter: Starter, request: RebootRequest): Promise<Probe<void>> {
  const seconds = Math.min(noticeSecondsMax, Math.max(60, Math.ceil(request.noticeMs / 1000)));
  const message = request.message.replaceAll(/["\p{Cc}]/gu, ' ').slice(0, messageMax);
  const args = ['/r', '/t', String(seconds), '/d', 'p:4:2', '/c', message];
  const result = completed(await starter.probe({ program: 'shutdown', args }), 'shutdown');
  if (result.status !== 'ok') return result;
  const { code, stderr } = result.value;
  if (code === 0) return { status: 'ok', value: undefined };
  if (code === alreadyScheduled) {
    return { status: 'failed', code: 'reboot.already-scheduled', detail: 'a restart or shutdown is scheduled already' };
  }
  return failed(`shutdown ended with ${code}: ${stderr.trim()}`);
}

export async function cancelReboot(starter: Starter): Promise<Probe<void>> {
  const result = completed(await starter.probe({ program: 'shutdown', args: ['/a'] }), 'shutdown');
  if (result.status !== 'ok') return result;
  const { code, stderr } = result.value;
  if (code === 0 || code === noneScheduled) return { status: 'ok', value: undefined };
  return failed(`shutdown ended with ${code}: ${stderr.trim()}`);
}
