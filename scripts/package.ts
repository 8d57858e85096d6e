/**
 * Makes the installable packages of the agent: `npm run package -- [--format deb|rpm|archive|msi] [--target TARGET] [--fast]`.
 * Without arguments every one there is, compressed, into `dist/`.
 */
import { parseArgs } from 'node:util';
import { packageAgent } from './package/linux.ts';
import { archiveAgent } from './package/macos.ts';
import { packageMsi } from './package/msi.ts';

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
  { format: 'msi', target: 'windows-x64' },
  { format: 'msi', target: 'windows-x86' },
] as const;

const wanted = packages.filter(
  ({ format, target }) => (values.format ?? format) === format && (values.target ?? target) === target,
);
if (wanted.length === 0)
  throw new Error(`none of: ${packages.map(({ format, target }) => `${format} for ${target}`).join(', ')}`);
type Package = (typeof packages)[number];

function make(one: Package): Promise<string> {
  switch (one.format) {
    case 'archive':
      return archiveAgent(one.target);
    case 'msi':
      return packageMsi({ ...flavour, target: one.target });
    case 'deb':
    case 'rpm':
      return packageAgent({ ...flavour, target: one.target }, { format: one.format, compress });
  }
}

for (const one of wanted) process.stdout.write(`${await make(one)}\n`);
