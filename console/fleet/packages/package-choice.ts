/** Which package new installs of a target get, and why not another one. Pure. */
import type { VersionPolicy } from '#protocol/assignment.ts';
import type { Target } from '#protocol/words.ts';
import { baselineVersions } from '#installers/sentinelone/packages.ts';
import { compareVersions } from '#installers/versions.ts';
import type { PackageList, PackageRow } from '#console/api/packages.ts';

type Row = Pick<
  PackageRow,
  'packageId' | 'target' | 'version' | 'source' | 'release' | 'state' | 'sha256' | 'format' | 'listed'
>;

/** Whether the policy may choose this version, ready or not. */
export function isWanted(policy: VersionPolicy, row: Pick<Row, 'target' | 'version' | 'source' | 'release'>): boolean {
  switch (policy.kind) {
    case 'baseline':
      return row.source === 'baseline' || row.version === baselineVersions[row.target];
    case 'latest-ga':
      return row.release === 'ga';
    case 'exact':
      return row.version === policy.version;
  }
}

/** The newest that is wanted and ready, as devices choose it; null: nothing would be installed. */
export function chosenOf(policy: VersionPolicy, rows: readonly Row[]): Row | null {
  const [first] = rows
    .filter((row) => row.state === 'ready' && isWanted(policy, row))
    .toSorted((a, b) => compareVersions(b.version, a.version) || (a.sha256 ?? '').localeCompare(b.sha256 ?? ''));
  return first ?? null;
}

/** Why this row is not the chosen one; null: it is. */
export function whyNot(policy: VersionPolicy, row: Row, chosen: Row | null): PackageRow['whyNot'] {
  if (row.packageId === chosen?.packageId) return null;
  if (!isWanted(policy, row)) return policy.kind === 'latest-ga' ? 'not-ga' : 'other-version';
  if (row.state !== 'ready') return 'not-here';
  return chosen !== null && compareVersions(row.version, chosen.version) < 0 ? 'older' : 'same-version';
}

/** What somebody should do about a target; null: it is served. */
export function adviceFor(
  policy: VersionPolicy,
  target: Target,
  rows: readonly Row[],
): PackageList['targets'][number]['advice'] {
  const chosen = chosenOf(policy, rows);
  if (chosen !== null) return chosen.listed === false ? 'no-longer-listed' : null;
  const wanted = rows.filter((row) => row.target === target && isWanted(policy, row));
  if (wanted.some((row) => row.state === 'offered' || row.state === 'failed')) return 'fetch';
  if (wanted.some((row) => row.state === 'fetching')) return null;
  return rows.some((row) => row.state !== 'not-offered') ? 'not-listed' : 'nothing-known';
}
