import type { PackageFormat } from '#platform/platform.ts';

export interface OsRelease {
  readonly id: string;
  readonly like: readonly string[];
  readonly name: string;
  /** Numbers and dots, null where the distribution has none (rolling ones). */
  readonly version: string | null;
}

/** os-release(5): shell-like assignments; a value may stand in double or single quotes with backslash escapes. */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map(
    text.split('\n').flatMap((line) => {
      const found = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim());
      return found?.[1] === undefined ? [] : [[found[1], unquote(found[2] ?? '')] as const];
    }),
  );
  const id = values.get('ID')?.toLowerCase() || 'linux';
  return {
    id,
    like: (values.get('ID_LIKE') ?? '').toLowerCase().split(/\s+/).filter(Boolean),
    name: values.get('PRETTY_NAME') || values.get('NAME') || 'Linux',
    version: /\d+(?:\.\d+)*/.exec(values.get('VERSION_ID') ?? '')?.[0] ?? null,
  };
}

const debFamily: ReadonlySet<string> = new Set(['debian', 'ubuntu', 'linuxmint', 'raspbian', 'devuan', 'pop', 'kali']);
const rpmFamily: ReadonlySet<string> = new Set([
  'rhel',
  'fedora',
  'centos',
  'rocky',
  'almalinux',
  'ol',
  'amzn',
  'azurelinux',
  'mariner',
  'scientific',
  'virtuozzo',
  'cloudlinux',
  'suse',
  'sles',
  'sled',
  'sles_sap',
  'opensuse',
  'opensuse-leap',
  'opensuse-tumbleweed',
]);

/** What the distribution calls itself decides; only for an unknown one does the package database that is not empty. */
export function packageFormats(
  release: OsRelease,
  databases: { readonly deb: boolean; readonly rpm: boolean },
): readonly PackageFormat[] {
  for (const id of [release.id, ...release.like]) {
    if (debFamily.has(id)) return ['deb'];
    if (rpmFamily.has(id)) return ['rpm'];
  }
  // Both: a foreign package tool is installed beside the system's own, and nothing tells which is which.
  if (databases.deb === databases.rpm) return [];
  return databases.deb ? ['deb'] : ['rpm'];
}

function unquote(value: string): string {
  const quoted = /^"(.*)"$|^'(.*)'$/.exec(value);
  return (quoted?.[1] ?? quoted?.[2] ?? value).replaceAll(/\\(.)/g, '$1');
}
