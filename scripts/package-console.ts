/** Makes the console's package: `npm run package:console -- [--fast]` puts it into `dist/`; `--fast` leaves out compressing. */
import { parseArgs } from 'node:util';
import { packageConsole } from './package/console.ts';

const { values } = parseArgs({ options: { fast: { type: 'boolean', default: false } } });
process.stdout.write(`${await packageConsole({ compress: !values.fast })}\n`);
