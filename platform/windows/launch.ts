import { existsSync } from 'node:fs';
import { win32 } from 'node:path';
import { startDetached, startInstaller as start } from '#platform/exec.ts';
import type { SelfCommand } from '#platform/options.ts';
import type { InstallerOptions, Invocation, RunningInstaller } from '#platform/platform.ts';
import { windowsEnvironment } from '#platform/windows/environment.ts';
import type { WindowsFiles } from '#platform/windows/files.ts';
import type { Processes } from '#platform/windows/processes.ts';
import { isProgramName, pathOfProgram } from '#platform/windows/programs.ts';
import type { Runner } from '#platform/windows/runner.ts';
import { systemDrive } from '#platform/windows/system-root.ts';
import { Fault } from '#protocol/codes.ts';

/**
 * Starts `run-installer DIRECTORY` so that it outlives us. The runtime puts its children into a job that the kernel ends
 * with the runtime, but for detached ones, which get no console and no job. A host that runs us as a
 * service in a job of its own must let children go (`JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK`).
 */
export async function launchShim(self: SelfCommand, directory: string): Promise<void> {
  const environment = windowsEnvironment({ home: directory, proxy: null });
  const args = [...self.args, 'run-installer', directory];
  await startDetached({ program: self.program, args, environment, directory: `${systemDrive()}\\` });
}

interface Dependencies {
  readonly files: WindowsFiles;
  readonly runner: Runner;
  readonly processes: Processes;
}

/** Called by the shim, which is outside our job already. */
export async function startInstaller(
  { files, runner, processes }: Dependencies,
  invocation: Invocation,
  options: InstallerOptions,
): Promise<RunningInstaller> {
  const directory = await files.openPrivateDirectory(options.directory);
  const program = await installerProgram(files, invocation.program);
  const temporary = await directory.directory('temp');
  const output = await directory.openOutput(win32.basename(options.outputFile));
  try {
    const environment = runner.environment(temporary.path, options.environment);
    const startedAtMs = Date.now();
    const command = { program, args: invocation.args, environment, directory: `${systemDrive()}\\` };
    const { pid, exited } = await start(command, output.fd);
    return { identity: await processes.child(pid, startedAtMs), exited };
  } finally {
    await output.close();
  }
}

/** A listed program, or the verified package itself: a file of a directory that is private. */
async function installerProgram(files: WindowsFiles, program: string): Promise<string> {
  if (isProgramName(program)) {
    const path = pathOfProgram(program);
    if (existsSync(path)) return path;
    throw new Fault('install.program-missing', `${path} does not exist`);
  }
  const directory = await files.openPrivateDirectory(win32.dirname(program));
  const name = win32.basename(program);
  if ((await directory.digest(name)) === null) throw new Fault('install.program-missing', `${program} does not exist`);
  return `${directory.path}\\${name}`;
}
