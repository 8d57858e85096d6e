/** Words for what should be protected, what SentinelOne's records say, and silence. Pure. */
import type { Coverage, VendorStanding } from '#console/api/coverage-rule.ts';
import { silences } from '#console/api/coverage.ts';
import { counted } from '#console/web/format.ts';

export const coverages: Record<Coverage, string> = {
  covered: 'Protected, as SentinelOne confirms',
  gap: 'Should be protected and is not',
  watched: 'Of organisations that only watch',
};

/** What SentinelOne's own record says of a device. */
export const vendorStandings: Record<VendorStanding, string> = {
  none: 'SentinelOne has no record of it',
  stale: 'SentinelOne has not heard of it for a day',
  'detect-only': 'SentinelOne only detects there',
  live: 'SentinelOne knows it',
};

/** "Not for 7 days". */
export function silenceName(hours: number): string {
  return `Not for ${hours % 24 === 0 ? counted(hours / 24, 'day') : counted(hours, 'hour')}`;
}

/** Those that are offered, and the one that an address names. */
export function silencesWith(chosen: number | undefined): number[] {
  const hours = new Set<number>([1, ...silences, ...(chosen === undefined ? [] : [chosen])]);
  return [...hours].toSorted((one, other) => one - other);
}
