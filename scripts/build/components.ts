/** What a binary consists of, in CycloneDX's words: the packages the bundler really took in, and the runtime with its parts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../../agent/build.ts';
import { nodeVersion, pinnedNode, root, runtimeOf, type Target } from './runtime.ts';
import { plainEnvironment, run } from './run.ts';

interface Hash {
  readonly alg: 'SHA-256' | 'SHA-512';
  readonly content: string;
}

export interface Component {
  readonly type: 'application' | 'library' | 'platform';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly license: { readonly id: string } }[];
  readonly hashes?: readonly Hash[];
  readonly components?: readonly Component[];
}

export interface Components {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly component: Component; readonly properties: readonly Property[] };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Property {
  readonly name: string;
  readonly value: string;
}

/** The same build has the same document, to the byte: its serial number comes from its inputs, and it names no time. */
export function describeComponents(made: Build & { readonly sha256: string }, inputs: readonly string[]): Components {
  const target = made.target as Target;
  const agent = `pkg:generic/garrison-agent@${encodeURIComponent(made.version)}?target=${target}`;
  const libraries = [...packagesOf(inputs)].map((directory) => library(directory));
  const runtime = runtimeComponent(target);
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidFrom(made.inputs)}`,
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': agent,
        name: 'garrison-agent',
        version: made.version,
        purl: agent,
        licenses: [{ license: { id: 'Apache-2.0' } }],
        hashes: [{ alg: 'SHA-256', content: made.sha256 }],
      },
      properties: [
        { name: 'garrison:commit', value: made.commit },
        { name: 'garrison:inputs', value: made.inputs },
      ],
    },
    components: [...libraries, runtime],
    dependencies: [
      { ref: agent, dependsOn: [...libraries.map((one) => one['bom-ref']), runtime['bom-ref']] },
      ...[...libraries, runtime].map((one) => ({ ref: one['bom-ref'], dependsOn: [] })),
    ],
  };
}

/** Folders of the npm packages among the files, each once, sorted; one inside another is its own. */
export function packagesOf(inputs: readonly string[]): ReadonlySet<string> {
  const found = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
  return new Set([...found].sort());
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
};

function library(directory: string): Component {
  const { name, version, license } = JSON.parse(
    readFileSync(join(root, directory, 'package.json'), 'utf8'),
  ) as Manifest;
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const integrity = /^sha512-(.+)$/.exec(lock.packages[directory]?.integrity ?? '')?.[1];
  if (integrity === undefined) throw new Error(`${directory} is pinned by no SHA-512 in package-lock.json`);
  if (license === undefined) throw new Error(`${directory} names no licence`);
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    licenses: [{ license: { id: license } }],
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity, 'base64').toString('hex') }],
  };
}

/** Vulnerabilities are published for OpenSSL or zlib, not for "Node": the runtime tells what it was built from. */
function runtimeComponent(target: Target): Component {
  const told = run(pinnedNode('linux-x64'), ['-p', 'JSON.stringify(process.versions)'], { env: plainEnvironment() });
  const versions = JSON.parse(told) as Readonly<Record<string, string>>;
  const ref = `pkg:generic/node@${nodeVersion}`;
  const parts = Object.entries(versions)
    .filter(([name, version]) => name !== 'node' && /\d\.\d/.test(version))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version]): Component => {
      const purl = `pkg:generic/${name}@${version}`;
      return { type: 'library', 'bom-ref': `${ref}#${name}`, name, version, purl };
    });
  return {
    type: 'platform',
    'bom-ref': ref,
    name: 'node',
    version: nodeVersion,
    purl: ref,
    licenses: [{ license: { id: 'MIT' } }],
    hashes: [{ alg: 'SHA-256', content: runtimeOf(target).sha256 }],
    components: parts,
  };
}

/** Version 8 of RFC 9562: a UUID of our own making, out of the hash of everything that went in. */
function uuidFrom(hex: string): string {
  const [a, b, c, d, e] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16), hex.slice(17, 20), hex.slice(20, 32)];
  return `${a}-${b}-8${c}-8${d}-${e}`;
}
