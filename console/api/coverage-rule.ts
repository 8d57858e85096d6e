/** When a device counts as protected, and when it should be. Pure. */
import * as z from 'zod';
import type { DeploymentMode } from '#protocol/words.ts';

/**
 * What SentinelOne's own record says of a device: none that lives in the site of its organisation, one not heard of for a
 * day, one that only detects, or one that counts.
 */
export const vendorStandings = ['none', 'stale', 'detect-only', 'live'] as const;
export type VendorStanding = (typeof vendorStandings)[number];
export const vendorStandingSchema = z.enum(vendorStandings);

/**
 * `covered` and `gap` together are the devices that should be protected: those of every organisation that does more than
 * watch. `watched` devices are nobody's decision yet; they are counted apart.
 */
export const coverages = ['covered', 'gap', 'watched'] as const;
export type Coverage = (typeof coverages)[number];
export const coverageSchema = z.enum(coverages);

interface Counted {
  readonly mode: DeploymentMode;
  /** What the device said last; null: nothing yet. */
  readonly stateKind: string | null;
  readonly reporting: boolean;
  readonly record: VendorStanding;
}

/**
 * A device's own word is not enough (G32): it counts only while it reports, says that it is protected, and SentinelOne's
 * record bears it out. One that is protected and needs attention is protected.
 */
export function coverageOf({ mode, stateKind, reporting, record }: Counted): Coverage {
  if (mode === 'watch') return 'watched';
  const saysSo = stateKind === 'protected' || stateKind === 'degraded';
  return reporting && saysSo && record === 'live' ? 'covered' : 'gap';
}
