/**
 * Runs the unit tests of the device side on the very Node that is shipped to devices: `npm run test:device-runtime`.
 * Further arguments go to vitest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeVersion, pinnedNode, root } from './build/runtime.ts';

const folders = ['protocol', 'platform', 'installers', 'agent'].map((name) => `test/${name}/`);
const missing = folders.filter((folder) => !existsSync(join(root, folder)));
if (missing.length > 0) throw new Error(`no tests in ${missing.join(', ')}`);

process.stdout.write(`Node ${nodeVersion}\n`);
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const result = spawnSync(
  pinnedNode('linux-x64'),
  [vitest, 'run', '--project', 'unit', ...folders, ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exitCode = result.status ?? 1;
