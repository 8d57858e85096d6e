import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { posixEnvironment } from '#platform/environment.ts';
import { startDetached, startInstaller } from '#platform/exec.ts';
import type { LinuxFiles } from '#platform/linux/files.ts';
import { readBootId, startTimeOf } from '#platform/linux/processes.ts';
import { completed } from '#platform/looks.ts';
import type { SelfCommand } from '#platform/options.ts';
import { resolveProgram, type Runner } from '#platform/linux/runner.ts';
import { systemdRuns } from '#platform/linux/services.ts';
import type { InstallerOptions, Invocation, RunningInstaller } from '#platform/platform.ts';
import { outputName } from '#platform/posix/output-name.ts';
import { Fault } from '#protocol/codes.ts';

const handOverLimits = { timeoutMs: 60_000 };

/**
 * What a unit needs so that systemd neither limits nor ends an installer: package scripts start daemons and take long,
 * and a killed dpkg leaves a broken system. `--collect` forgets the unit afterwards, also a failed one.
 */
const unitProperties = ['KillMode=process', 'SendSIGKILL=no', 'TasksMax=infinity', 'OOMScoreAdjust=-500'];

/** Starts `run-installer DIRECTORY` outside our own unit; the same directory is never handed over twice at a time. */
export async function launchShim(runner: Runner, self: SelfCommand, directory: string): Promise<void> {
  const args = [...self.args, 'run-installer', directory];
  if (await systemdRuns()) return launchUnit(runner, { program: self.program, args }, directory);
  const environment = posixEnvironment({ home: directory, proxy: null });
  await startDetached({ program: self.program, args, environment, directory: '/' });
}

async function launchUnit(runner: Runner, command: Invocation, directory: string): Promise<void> {
  const { ino, birthtimeMs } = await stat(directory);
  const unit = unitArguments(`${directory} ${ino} ${birthtimeMs}`);
  const result = completed(
    await runner.probe(
      { program: 'systemd-run', args: [...unit, '--', command.program, ...command.args] },
      handOverLimits,
    ),
    'systemd-run',
  );
  if (result.status !== 'ok') throw new Fault('install.not-started', result.detail);
  if (result.value.code === 0) return;
  const stderr = result.value.stderr.trim();
  // A unit of this name runs already: the shim inside owns the attempt, its claim file tells the rest.
  if (/already (?:exists|loaded)|was already loaded/i.test(stderr)) return;
  throw new Fault('install.not-started', `systemd-run ended with ${result.value.code}: ${stderr.slice(0, 300)}`);
}

/**
 * Without an own environment, limit or sandbox: a transient unit gets the service manager's, not ours. Named after this very
 * directory: a unit lives on as long as any process that its installer left behind.
 */
function unitArguments(identity: string): readonly string[] {
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return [
    `--unit=garrison-install-${hash}`,
    '--description=Installer started by the Garrison agent',
    '--collect',
    '--no-block',
    '--quiet',
    ...unitProperties.map((property) => `--property=${property}`),
  ];
}

/**
 * Starts a package manager in a session of its own, output appended to a file of the private directory. Called by the
 * shim, which is outside the agent's unit already.
 */
export async function startPackageManager(
  dependencies: { readonly files: LinuxFiles; readonly runner: Runner },
  invocation: Invocation,
  options: InstallerOptions,
): Promise<RunningInstaller> {
  const program = await resolveProgram(invocation.program);
  // A program that is missing lets the shim take the recipe's next one; one that is not to be trusted does not.
  if (program.status === 'unsupported') throw new Fault('install.program-missing', program.detail);
  if (program.status !== 'ok') throw new Fault('install.not-started', program.detail);
  const directory = await dependencies.files.openPrivateDirectory(options.directory);
  const home = await directory.directory('home');
  const output = await directory.openOutput(outputName(options));
  try {
    const command = {
      program: program.value,
      args: invocation.args,
      environment: dependencies.runner.environment(home.path, options.environment),
      directory: '/',
    };
    const bootId = await readBootId();
    const started = await startInstaller(command, output.fd);
    const startTime = startTimeOf(started.pid) ?? 'unknown';
    return { identity: { pid: started.pid, startTime, bootId }, exited: started.exited };
  } finally {
    await output.close();
  }
}
