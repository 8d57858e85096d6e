/**
 * Makes the single-file agent: `npm run build -- [--trust release|test] [--test-keys DIR] [--target TARGET]`, a target of
 * `runtimes.json`. Without arguments the release flavour for linux-x64, as `dist/garrison-agent-linux-x64`; the test flavour
 * goes to `dist/test/`.
 */
import { parseArgs } from 'node:util';
import { buildAgent } from './build/agent.ts';
import { isTarget, targets } from './build/runtime.ts';
import { resolve } from 'node:path';

const { values } = parseArgs({
  options: {
    trust: { type: 'string', default: 'release' },
    'test-keys': { type: 'string' },
    target: { type: 'string', default: 'linux-x64' },
  },
});
if (values.trust !== 'release' && values.trust !== 'test') throw new Error('--trust is release or test');
if (!isTarget(values.target)) throw new Error(`--target is one of ${targets.join(', ')}`);

const built = await buildAgent({
  trust: values.trust,
  target: values.target,
  testKeys: values['test-keys'] === undefined ? null : resolve(values['test-keys']),
});
process.stdout.write(`${built.file} ${built.version} ${built.upToDate ? 'up to date' : 'built'}\n`);
