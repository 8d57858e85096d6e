import type { Probe } from '#platform/inventory.ts';
import { failed } from '#platform/looks.ts';
import { answerTo } from '#platform/macos/answer.ts';
import type { Outside } from '#platform/macos/outside.ts';
import { waitsForRestart } from '#platform/macos/parse/system-extensions.ts';
import { processesRunning } from '#platform/macos/processes.ts';
import { programs } from '#platform/macos/programs.ts';
import type { Runner } from '#platform/macos/runner.ts';
import { systemExtensions } from '#platform/macos/survey.ts';
import type { RebootRequest } from '#platform/platform.ts';
import { shutdownArguments } from '#platform/posix/shutdown.ts';

/** Only system extensions tell: a removed one works on, or keeps its place, until the next start. */
export async function pendingReboot(runner: Runner): Promise<Probe<boolean>> {
  const extensions = await systemExtensions(runner);
  return extensions.status === 'ok' ? { status: 'ok', value: waitsForRestart(extensions.value) } : extensions;
}

/** shutdown(8) answers at once and waits in a process of its own, which warns whoever is logged in: that process is the schedule. */
export async function requestReboot(runner: Runner, { noticeMs, message }: RebootRequest): Promise<Probe<void>> {
  const waiting = await processesRunning(runner, programs.shutdown);
  if (waiting.status !== 'ok') return waiting;
  if (waiting.value.length > 0) {
    return { status: 'failed', code: 'reboot.already-scheduled', detail: 'a restart or shutdown is scheduled already' };
  }
  const probe = await answerTo(runner, ['shutdown', ...shutdownArguments(noticeMs, message)], { timeoutMs: 30_000 });
  if (probe.status !== 'ok') return probe;
  if (probe.value.code === 0) return { status: 'ok', value: undefined };
  return failed(`shutdown ended with ${probe.value.code}: ${probe.value.stderr.trim()}`);
}

/** macOS has no command that takes a restart back: the process that waits for it is ended. */
export async function cancelReboot(runner: Runner, { kernel }: Pick<Outside, 'kernel'>): Promise<Probe<void>> {
  const waiting = await processesRunning(runner, programs.shutdown);
  if (waiting.status !== 'ok') return waiting;
  for (const pid of waiting.value) kernel.terminate(pid);
  return { status: 'ok', value: undefined };
}
