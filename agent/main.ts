import { build, buildText } from '#agent/build.ts';
import { closeRuntimeDoors } from '#agent/doors.ts';

/** The entry stays tiny so that `--version` answers at once: everything else is loaded only when it is needed. */
if (closeRuntimeDoors() === 'open') main(process.argv.slice(2));

function main(args: readonly string[]): void {
  if (args.length === 1 && (args[0] === '--version' || args[0] === 'version')) {
    process.stdout.write(`${buildText(build)}\n`);
  } else {
    void import('#agent/cli/program.ts').then((program) => program.main(args));
  }
}
