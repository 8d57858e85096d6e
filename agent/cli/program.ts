/** The command line. Every command stands in a file of its own and is loaded when it is asked for. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { Fault } from '#protocol/codes.ts';
import { build, buildText } from '#agent/build.ts';
import type { ControlVerb } from '#agent/cli/control-commands.ts';
import { printFault } from '#agent/cli/output.ts';

export async function main(args: readonly string[]): Promise<void> {
  const json = args.includes('--json');
  try {
    await makeProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) return printFault(error, { json });
    if (error.exitCode !== 0) printFault(new Fault('agent.bad-arguments', error.message), { json });
  }
}

/** With `--foreground` alone the daemon is meant. */
function makeProgram(): Command {
  const program = new Command('garrison-agent')
    .description('Puts the right endpoint protection on this device and keeps it standing.')
    .version(build.version, '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .addOption(new Option('--foreground', 'run the daemon in this terminal with readable logs'))
    .addOption(
      new Option('--assignment <file>', 'with --foreground: install as this root-owned file says, without a console'),
    )
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']))
    .action(async (options: { foreground?: boolean }) => {
      if (options.foreground !== true) return program.help();
      const { run } = await import('#agent/cli/run.ts');
      return run(options);
    });
  addPlaces(program);
  addRun(program);
  addEnrol(program);
  addReaders(program);
  addForTools(program);
  addForFaults(program);
  addControls(program);
  addService(program);
  addVendor(program);
  addInternal(program);
  return program;
}

function addPlaces(command: Command): Command {
  return command
    .option('--state-directory <path>', 'where the agent keeps its state (Linux: /var/lib/garrison)')
    .option('--runtime-directory <path>', 'where the local control is (Linux: /run/garrison)')
    .option('--config <file>', 'configuration (Linux: /etc/garrison/agent.json)');
}

function sub(program: Command, name: string, description: string): Command {
  return addPlaces(
    program
      .command(name)
      .description(description)
      .exitOverride()
      .configureOutput({ outputError: () => undefined }),
  );
}

function addRun(program: Command): void {
  sub(program, 'run', 'run the daemon (the service does this)')
    .option('--foreground', 'readable logs')
    .option('--assignment <file>', 'install as this root-owned file says, without a console; only while not enrolled')
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']))
    .action(async (options: object) => (await import('#agent/cli/run.ts')).run(options));
}

function addEnrol(program: Command): void {
  sub(program, 'enrol', 'make this device known to a console')
    .option('--file <path>', 'file with the enrolment string; default: standard input')
    .option('--prepare-image', 'leave the string and no identity: every copy enrols by itself')
    .option('--json')
    .action(async (options: object) => (await import('#agent/cli/enrol.ts')).enrolCommand(options));
}

function addReaders(program: Command): void {
  sub(program, 'status', 'what this device is, why, and what happens next')
    .option('--json')
    .action(async (options: object) => (await import('#agent/cli/status.ts')).statusCommand(options));
  sub(program, 'plan', 'explain what would be done; changes nothing')
    .option('--json')
    .option('--assignment <file>', 'plan for this local assignment')
    .action(async (options: object) => (await import('#agent/cli/plan.ts')).planCommand(options));
}

/** For tools that bring their own schedule and detection rules. */
function addForTools(program: Command): void {
  sub(program, 'once', 'one full pass without a service; the exit code says how it ended')
    .option('--json')
    .option('--quiet', 'no progress on standard error')
    .option('--assignment <file>', 'install as this root-owned file says, without a console; only while not enrolled')
    .addOption(
      new Option('--time-limit <minutes>', 'end by then; an installer that runs goes on')
        .default(45)
        .argParser((text) => minutes(text)),
    )
    .action(async (options: object) =>
      (await import('#agent/cli/once.ts')).onceCommand(options as { timeLimit: number }),
    );
  sub(program, 'check', 'detection rule: exit code 0 and one line when this device is protected')
    .option('--json')
    .option('--strict', 'not when it needs attention')
    .action(async (options: object) => (await import('#agent/cli/check.ts')).checkCommand(options));
}

function minutes(text: string): number {
  const value = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= 1440) return value;
  throw new InvalidArgumentError('1 to 1440 minutes');
}

function addForFaults(program: Command): void {
  sub(program, 'doctor', 'what is well, what is not, and what to do; changes nothing')
    .option('--json')
    .action(async (options: object) => (await import('#agent/cli/doctor.ts')).doctorCommand(options));
  sub(program, 'diagnose', 'make an archive without secrets for whoever looks for a fault; sends nothing')
    .option('--json')
    .action(async (options: object) => (await import('#agent/cli/diagnose.ts')).diagnoseCommand(options));
}

function addControls(program: Command): void {
  const control = (verb: ControlVerb, description: string): void => {
    sub(program, verb, description)
      .option('--json')
      .action(async (options: object) =>
        (await import('#agent/cli/control-commands.ts')).controlCommand(verb, options),
      );
  };
  control('retry', 'end waits and stops, reset the counters, try again now');
  control('look', 'look at everything again now');
  control('cancel', 'call off a restart that the agent has scheduled');
  control('unenrol', 'give up the identity; the SentinelOne agent is not touched');
  program
    .command('version')
    .description('version, commit and build inputs')
    .option('--json')
    .action(async (options: { json?: boolean }) => {
      const { print, printJson } = await import('#agent/cli/output.ts');
      if (options.json === true) printJson(build);
      else print(buildText(build));
    });
}

function addService(program: Command): void {
  sub(program, 'service', 'the agent as a service of this system')
    .addArgument(new Argument('<verb>').choices(['install', 'uninstall', 'start', 'stop', 'status']))
    .option('--json')
    .action(async (verb: 'install' | 'uninstall' | 'start' | 'stop' | 'status', options: object) =>
      (await import('#agent/cli/service.ts')).serviceCommand(verb, options),
    );
}

/** Of the vendor's product; needs neither root nor a daemon. */
function addVendor(program: Command): void {
  program
    .command('mac-profile')
    .description("print the configuration profile that lets SentinelOne's agent work on Macs, for an MDM server")
    .option('--steps', 'what to click on a Mac that no MDM server manages')
    .option('--json', 'with --steps')
    .action(async (options: { steps?: boolean; json?: boolean }) =>
      (await import('#agent/cli/mac-profile.ts')).macProfileCommand(options),
    );
}

/** Started by the agent itself, its units and its packages. */
function addInternal(program: Command): void {
  program.command('run-installer <directory>', { hidden: true }).action(async (directory: string) => {
    const { runInstallerCommand } = await import('#agent/cli/run-installer.ts');
    await runInstallerCommand(directory);
  });
  program.command('watch-update', { hidden: true }).action(async () => {
    const { watchUpdateCommand } = await import('#agent/cli/update.ts');
    await watchUpdateCommand();
  });
  program.command('activate', { hidden: true }).action(async () => {
    const { activateCommand } = await import('#agent/cli/update.ts');
    await activateCommand();
  });
  program.command('hardware', { hidden: true }).action(async () => {
    const { readHardware } = await import('#platform/hardware.ts');
    const { printJson } = await import('#agent/cli/output.ts');
    printJson(await readHardware());
  });
}
