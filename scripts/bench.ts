/** Measures the budgets side by side in one run: `npm run bench -- [NAME…] [--check]`. Needs root. Results are ratios. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { consoleLists } from './bench/console-lists.ts';
import { consoleLoad } from './bench/console-load.ts';
import { download } from './bench/download.ts';
import { idle } from './bench/idle.ts';
import { installShare } from './bench/install-share.ts';
import { type Measurement, type Row, table } from './bench/measurement.ts';
import { emulated } from './bench/emulated.ts';
import { size } from './bench/size.ts';
import { start } from './bench/start.ts';
import { cache } from './build/runtime.ts';

const measurements: readonly Measurement[] = [
  size,
  start,
  idle,
  emulated,
  download,
  installShare,
  consoleLists,
  consoleLoad,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !measurements.some((one) => one.name === name));
if (unknown.length > 0)
  throw new Error(`no such measurement: ${unknown.join(', ')} (${measurements.map((one) => one.name).join(', ')})`);

const rows: Row[] = [];
for (const one of measurements.filter((each) => positionals.length === 0 || positionals.includes(each.name))) {
  process.stderr.write(`${one.name}: ${one.about}\n`);
  rows.push(...(await one.run()));
}
process.stdout.write(`${table(rows)}\n`);
mkdirSync(join(cache, 'reports'), { recursive: true });
writeFileSync(join(cache, 'reports', 'bench.json'), `${JSON.stringify(rows, null, 2)}\n`);
if (values.check && rows.some((row) => !row.met)) process.exitCode = 1;
