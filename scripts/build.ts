/**
 * Makes the single-file agent: `npm run build -- [--trust release|test] [--test-keys DIR] [--target linux-x64]`.
 * Without arguments the release flavour, as `dist/garrison-agent-linux-x64`; the test flavour goes to `dist/test/`.
 */
import { parseArgs } from 'node:util';
import { buildAgent } from './build/agent.ts';
import { resolve } from 'node:path';

const { values } = parseArgs({
  options: {
    trust: { type: 'string', default: 'release' },
    'test-keys': { type: 'string' },
    target: { type: 'string', default: 'linux-x64' },
  },
});
if (values.trust !== 'release' && values.trust !== 'test') throw new Error('--trust is release or test');
if (values.target !== 'linux-x64') throw new Error('--target: only linux-x64 so far');

const built = await buildAgent({
  trust: values.trust,
  target: values.target,
  testKeys: values['test-keys'] === undefined ? null : resolve(values['test-keys']),
});
process.stdout.write(`${built.file} ${built.version} ${built.upToDate ? 'up to date' : 'built'}\n`);
