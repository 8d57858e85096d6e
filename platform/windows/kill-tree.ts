import { startDetached } from '#platform/exec.ts';
import { systemProfile, windowsEnvironment } from '#platform/windows/environment.ts';
import { nullOnError } from '#platform/windows/quiet.ts';
import { pathOfProgram } from '#platform/windows/programs.ts';
import { systemDrive } from '#platform/windows/system-root.ts';
import { Fault } from '#protocol/codes.ts';

/** The root is ended by us too, should the system's own tool not get to it. */
const afterMs = 2_000;

/** Ends a child of ours and everything below it. */
export function killTree(pid: number): void {
  if (!Number.isSafeInteger(pid) || pid <= 4) throw new Fault('agent.defect', `not a child of ours: ${pid}`);
  const root = `${systemDrive()}\\`;
  const command = {
    program: pathOfProgram('taskkill'),
    args: ['/PID', String(pid), '/T', '/F'],
    environment: windowsEnvironment({ home: systemProfile(), proxy: null }),
    directory: root,
  };
  const end = (): void => void nullOnError(() => process.kill(pid, 'SIGKILL'));
  startDetached(command).then(() => setTimeout(end, afterMs).unref(), end);
}
