import { build } from '#agent/build.ts';
import { closeRuntimeDoors } from '#agent/doors.ts';

/** The entry stays tiny so that `--version` answers at once: everything else is loaded only when it is needed. */
closeRuntimeDoors();

const first = process.argv[2];
if (first === '--version' || first === 'version') {
  process.stdout.write(`garrison-agent ${build.version} (${build.target}, ${build.commit.slice(0, 12)})\n`);
} else {
  process.stderr.write('garrison-agent: unknown command\n');
  process.exitCode = 64;
}
