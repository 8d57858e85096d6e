/**
 * Makes the installable packages of the agent: `npm run package -- [--format deb|rpm|archive] [--target TARGET] [--fast]`.
 * Without arguments every one there is, compressed, into `dist/`.
 */
import { parseArgs } from 'node:util';
import { packageAgent } from './package/linux.ts';
import { archiveAgent } from './package/macos.ts';

const { values } = parseArgs({
  options: { format: { type: 'string' }, target: { type: 'string' }, fast: { type: 'boolean', default: false } },
});

const flavour = { trust: 'release', testKeys: null } as const;
const compress = !values.fast;
const packages = [
  { format: 'deb', target: 'linux-x64' },
  { format: 'rpm', target: 'linux-x64' },
  { format: 'deb', target: 'linux-arm64' },
  { format: 'rpm', target: 'linux-arm64' },
  { format: 'archive', target: 'macos-x64' },
  { format: 'archive', target: 'macos-arm64' },
] as const;

const wanted = packages.filter(
  ({ format, target }) => (values.format ?? format) === format && (values.target ?? target) === target,
);
if (wanted.length === 0)
  throw new Error(`none of: ${packages.map(({ format, target }) => `${format} for ${target}`).join(', ')}`);
for (const one of wanted) {
  const file =
    one.format === 'archive'
      ? await archiveAgent(one.target)
      : await packageAgent({ ...flavour, target: one.target }, { format: one.format, compress });
  process.stdout.write(`${file}\n`);
}
