import { runProbe } from '#platform/exec.ts';
import { killTree } from '#platform/linux/kill-tree.ts';
import { resolveProgram, type Runner } from '#platform/linux/runner.ts';
import { noManager, type ServiceManager } from '#platform/own-service.ts';
import { Fault } from '#protocol/codes.ts';

const limits = { timeoutMs: 20_000, outputBytesMax: 4096 };

/** What systemd puts into the environment of a unit of type notify (sd_notify(3), sd_watchdog_enabled(3)). */
export interface NotifyVariables {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/**
 * Node cannot send datagrams to a Unix socket, so systemd's own `systemd-notify` does. It speaks for its parent, which is
 * us, and is started only where systemd asked for it.
 */
export function systemdManager(runner: Runner, variables: NotifyVariables, pid: number): ServiceManager {
  const socket = variables.NOTIFY_SOCKET ?? '';
  if (!/^[@/][^\0]{1,107}$/.test(socket)) return noManager;
  const forUs = variables.WATCHDOG_PID === undefined || variables.WATCHDOG_PID === String(pid);
  const microseconds = Number(variables.WATCHDOG_USEC ?? 0);
  const watched = forUs && Number.isSafeInteger(microseconds) && microseconds > 0;
  const tell = (args: readonly string[]): Promise<void> => notify(runner, socket, args);
  return {
    watchdogMs: watched ? microseconds / 1000 : null,
    ready: () => tell(['--ready']),
    alive: () => tell(['WATCHDOG=1']),
    // It sends SIGTERM.
    onStop: () => {},
  };
}

async function notify(runner: Runner, socket: string, args: readonly string[]): Promise<void> {
  const program = await resolveProgram('systemd-notify');
  if (program.status !== 'ok') throw new Fault('service.manager-unreachable', program.detail);
  const result = await runner.withPrivate('home', (home) =>
    runProbe(
      {
        program: program.value,
        args,
        environment: runner.environment(home.path, { NOTIFY_SOCKET: socket }),
        directory: '/',
      },
      { limits, killTree },
    ),
  );
  if (result.code === 0) return;
  throw new Fault('service.manager-unreachable', `systemd-notify ended with ${result.code}: ${result.stderr.trim()}`);
}
