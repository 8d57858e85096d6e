/** Words for what should be protected, what SentinelOne's records say, and silence. Pure. */
import type { Gap } from '#console/api/coverage.ts';
import type { Coverage, VendorStanding } from '#console/api/coverage-rule.ts';
import { silences } from '#console/api/coverage.ts';
import { counted } from '#console/web/format.ts';
import { causeName } from '#console/web/state-words.ts';
import { states } from '#console/web/words.ts';

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

/** "93 %"; never 100 while one is missing, and never 0 while one is there. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return 'none';
  const share = Math.round((part / whole) * 100);
  const honest = Math.min(part < whole ? 99 : 100, Math.max(part > 0 ? 1 : 0, share));
  return `${honest} %`;
}

/** What unprotected devices lack. */
export function gapName({ state, cause, record }: Pick<Gap, 'state' | 'cause' | 'record'>): string {
  if (record !== null) return `Says it is protected, but ${vendorStandings[record]}`;
  return cause === null ? states[state].name : causeName(cause);
}
