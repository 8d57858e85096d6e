/**
 * Makes the installable packages of the agent: `npm run package -- [--format deb|rpm] [--target linux-x64] [--fast]`.
 * Without arguments every one there is, compressed, into `dist/`.
 */
import { parseArgs } from 'node:util';
import { packageAgent, type LinuxFormat } from './package/linux.ts';

const { values } = parseArgs({
  options: {
    format: { type: 'string' },
    target: { type: 'string', default: 'linux-x64' },
    fast: { type: 'boolean', default: false },
  },
});
if (values.target !== 'linux-x64') throw new Error('--target: only linux-x64 so far');
const known: readonly LinuxFormat[] = ['deb', 'rpm'];
const wanted = known.filter((format) => values.format === undefined || values.format === format);
if (wanted.length === 0) throw new Error(`--format is one of ${known.join(', ')}`);
for (const format of wanted) {
  const file = await packageAgent(
    { trust: 'release', target: values.target, testKeys: null },
    { format, compress: !values.fast },
  );
  process.stdout.write(`${file}\n`);
}
