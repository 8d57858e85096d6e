/**
 * Makes the console's packages: `npm run package:console -- [--architecture amd64|arm64] [--fast]` puts them into `dist/`, both
 * when none is named; `--fast` leaves out compressing.
 */
import { parseArgs } from 'node:util';
import { packageConsole } from './package/console.ts';
import { architectures } from './package/console-program.ts';

const { values } = parseArgs({
  options: { architecture: { type: 'string' }, fast: { type: 'boolean', default: false } },
});
const wanted = architectures.filter((one) => (values.architecture ?? one) === one);
if (wanted.length === 0) throw new Error(`--architecture is one of ${architectures.join(', ')}`);
for (const architecture of wanted)
  process.stdout.write(`${await packageConsole({ compress: !values.fast, architecture })}\n`);
