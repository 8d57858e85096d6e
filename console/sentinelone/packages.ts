/** The vendor's package list. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import type { Target } from '#protocol/words.ts';
import { readList } from '#console/sentinelone/answers.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';
import {
  sortPackage,
  type DroppedPackage,
  type Release,
  type SentinelOnePackage,
} from '#console/sentinelone/package-rows.ts';
import type { SentinelOneScope } from '#console/sentinelone/sites.ts';

export interface PackageList {
  /** Newest version first. */
  readonly packages: readonly SentinelOnePackage[];
  /** Everything else in the list, and why. */
  readonly dropped: readonly DroppedPackage[];
}

/** Numbers between the dots, left to right; a missing one is 0. Negative: `a` is older. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let part = 0; part < Math.max(left.length, right.length); part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Everything installable in the list, in all releases; nothing is left to the server's filters and order. */
export async function listPackages(
  client: SentinelOneClient,
  scope: SentinelOneScope = {},
  signal?: AbortSignal,
): Promise<PackageList> {
  const call = { path: 'update/agent/packages', query: { ...scope }, item: z.unknown(), signal };
  const { items } = await readList(client, call);
  const sorted = items.map(sortPackage);
  return {
    packages: sorted
      .flatMap((one) => ('packages' in one ? one.packages : []))
      .toSorted((a, b) => compareVersions(b.version, a.version)),
    dropped: sorted.flatMap((one) => ('dropped' in one ? [one.dropped] : [])),
  };
}

export interface WantedVersion {
  readonly target: Target;
  /** Exactly this version; null: the newest. */
  readonly version: string | null;
  /** Early releases are chosen only when somebody says so. */
  readonly releases?: readonly Release[];
}

/** All that fit, newest first: a Windows version can come as EXE and as MSI. `selection.none` when nothing fits. */
export function packagesFor(list: PackageList, wanted: WantedVersion): readonly SentinelOnePackage[] {
  const releases = wanted.releases ?? ['ga'];
  const fitting = list.packages.filter(
    (one) =>
      one.target === wanted.target &&
      releases.includes(one.release) &&
      (wanted.version === null || compareVersions(one.version, wanted.version) === 0),
  );
  if (fitting.length > 0) return fitting;
  const version = wanted.version ?? 'of any version';
  throw new Fault(
    'selection.none',
    `SentinelOne lists no ${releases.join(' or ')} package ${version} for ${wanted.target}`,
    {
      context: { target: wanted.target, version: wanted.version },
    },
  );
}
