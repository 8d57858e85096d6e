import { startDetached } from '#platform/exec.ts';
import { systemProfile, windowsEnvironment } from '#platform/windows/environment.ts';
import { pathOfProgram } from '#platform/windows/programs.ts';
import { systemDrive } from '#platform/windows/system-root.ts';
import { Fault } from '#protocol/codes.ts';

/**
 * Ends a child of ours and everything below it, by the system's own tool. Should that not get to it, `runProbe` ends the
 * child by its handle: its number may be another process's as soon as it is gone.
 */
export function killTree(pid: number): void {
  if (!Number.isSafeInteger(pid) || pid <= 4) throw new Fault('agent.defect', `not a child of ours: ${pid}`);
  const root = `${systemDrive()}\\`;
  const command = {
    program: pathOfProgram('taskkill'),
    args: ['/PID', String(pid), '/T', '/F'],
    environment: windowsEnvironment({ home: systemProfile(), proxy: null }),
    directory: root,
  };
  startDetached(command).catch(() => undefined);
}
