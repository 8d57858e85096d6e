import type { InstalledPackage } from '#platform/inventory.ts';
import type { PackageMetadata, PackageState } from '#platform/platform.ts';

/** One line a package: status abbreviation, name, version. */
export const dpkgQueryFormat = '${db:Status-Abbrev}\\t${Package}\\t${Version}\\n';

interface DpkgRecord {
  /** Two or three characters: what is wanted, what is, and `R` when it must be reinstalled ("ii ", "iF ", "rc "). */
  readonly abbreviation: string;
  readonly name: string;
  readonly version: string;
}

/** Output of `dpkg-query -W -f` with `dpkgQueryFormat`. */
function parseDpkgQuery(output: string): readonly DpkgRecord[] {
  return output.split('\n').flatMap((line) => {
    const [abbreviation, name, version] = line.split('\t');
    if (abbreviation === undefined || name === undefined || version === undefined) return [];
    return abbreviation.length >= 2 && name !== '' ? [{ abbreviation, name, version }] : [];
  });
}

/** The second character of the abbreviation (dpkg-query(1), "db:Status-Abbrev"). */
const stateOfStatus: Readonly<Record<string, InstalledPackage['state']>> = {
  i: 'installed',
  // Triggers are outstanding: configured, its files are in use.
  W: 'installed',
  t: 'installed',
  H: 'partial',
  U: 'partial',
  F: 'partial',
  c: 'config-files',
};

/** Null for `n`: known to dpkg by name only. */
export function dpkgState(abbreviation: string): InstalledPackage['state'] | null {
  if (abbreviation[2] === 'R') return 'partial';
  return stateOfStatus[abbreviation[1] ?? ''] ?? null;
}

export function installedDebs(output: string): readonly InstalledPackage[] {
  return parseDpkgQuery(output).flatMap(({ abbreviation, name, version }) => {
    const state = dpkgState(abbreviation);
    return state === null ? [] : [{ format: 'deb' as const, name, version, state }];
  });
}

/** The state of one package out of its records (several when several architectures are installed). */
export function debPackageState(output: string): PackageState {
  const records = parseDpkgQuery(output);
  for (const [wanted, state] of [
    ['partial', 'partial'],
    ['installed', 'present'],
  ] as const) {
    const record = records.find(({ abbreviation }) => dpkgState(abbreviation) === wanted);
    if (record !== undefined) return { state, version: record.version, detail: record.abbreviation.trim() };
  }
  return { state: 'absent', version: null, detail: records[0]?.abbreviation.trim() ?? 'not installed' };
}

/** Output of `dpkg-deb -f FILE Package Version Architecture`; null when a field is missing. */
export function parseDebFields(output: string): PackageMetadata | null {
  const fields = new Map(
    output.split('\n').flatMap((line) => {
      const found = /^([A-Za-z-]+): (.+)$/.exec(line);
      return found?.[1] === undefined || found[2] === undefined ? [] : [[found[1], found[2].trim()] as const];
    }),
  );
  const [name, version, architecture] = [fields.get('Package'), fields.get('Version'), fields.get('Architecture')];
  if (name === undefined || version === undefined || architecture === undefined) return null;
  return { name, version, architecture };
}

/** Lines of `dpkg-query --control-show PACKAGE md5sums`: path without leading slash → MD5 in hex. */
export function parseMd5Sums(output: string): ReadonlyMap<string, string> {
  return new Map(
    output.split('\n').flatMap((line) => {
      const found = /^([0-9a-f]{32}) [ *](.+)$/.exec(line);
      return found?.[1] === undefined || found[2] === undefined ? [] : [[`/${found[2]}`, found[1]] as const];
    }),
  );
}
