import type { Outside } from '#platform/macos/outside.ts';
import { readBootId } from '#platform/macos/machine.ts';
import { identityOf } from '#platform/macos/processes.ts';
import { resolveProgram, type Runner } from '#platform/macos/runner.ts';
import type { SelfCommand } from '#platform/options.ts';
import type { InstallerOptions, Invocation, RunningInstaller } from '#platform/platform.ts';
import { outputName } from '#platform/posix/output-name.ts';
import { Fault } from '#protocol/codes.ts';

/**
 * Starts `run-installer DIRECTORY` in a session of its own. When launchd ends a job it signals the job's process group, of
 * which a new session is no member; our own job is marked `AbandonProcessGroup` besides. A job of its own (`launchctl
 * submit`) would be started again by launchd whenever it ends badly, which an installer must never be.
 */
export async function launchShim(
  runner: Runner,
  { spawner }: Pick<Outside, 'spawner'>,
  given: { readonly self: SelfCommand; readonly directory: string },
): Promise<void> {
  const { self, directory } = given;
  await spawner.startDetached({
    program: self.program,
    args: [...self.args, 'run-installer', directory],
    environment: runner.environment(directory, {}),
    directory: '/',
  });
}

/** Starts Apple's installer in a session of its own, output appended to a file of the private directory. Called by the shim. */
export async function startInstaller(
  runner: Runner,
  { files, spawner, system }: Pick<Outside, 'files' | 'spawner' | 'system'>,
  given: { readonly invocation: Invocation; readonly options: InstallerOptions },
): Promise<RunningInstaller> {
  const { invocation, options } = given;
  const program = await resolveProgram(system, invocation.program);
  if (program.status === 'unsupported') throw new Fault('install.program-missing', program.detail);
  if (program.status === 'failed') throw new Fault('install.not-started', program.detail);
  const directory = await files.openPrivateDirectory(options.directory);
  const home = await directory.directory('home');
  const output = await files.openOutput(directory, outputName(options));
  try {
    const environment = runner.environment(home.path, options.environment);
    const command = { program: program.value, args: invocation.args, environment, directory: '/' };
    const bootId = await readBootId(runner);
    const started = await spawner.startInstaller(command, output.fd);
    // It runs: nothing that is asked about it from here on may make that look like a start that failed.
    const identity = await identityOf(runner, started.pid).catch(() => ({
      pid: started.pid,
      startTime: 'unknown',
      bootId,
    }));
    return { identity, exited: started.exited };
  } finally {
    await output.close();
  }
}
