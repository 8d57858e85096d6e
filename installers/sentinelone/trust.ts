import type { PinnedPublishers } from '#platform/platform.ts';
import { trust as compiledIn } from '#installers/sentinelone/trust.release.ts';

/**
 * What this build believes about the vendor. Chosen when the binary is made and by nothing afterwards: no flag, variable,
 * file or message changes it. The bundler re-points the import of `trust.release.ts` at `trust.test.ts` for test builds.
 */
export interface Trust {
  readonly flavour: 'release' | 'test';
  /** A package is installed only if one of these signed it. */
  readonly publishers: PinnedPublishers;
  /** Host names of vendor consoles a site token may point to: equal to one of these, or below it after a dot. */
  readonly hostSuffixes: readonly string[];
  /** Whether a vendor console on 127.0.0.1, ::1 or localhost may be spoken to without TLS. */
  readonly plainHttpLoopback: boolean;
  /** Oldest version this build installs, whatever is assigned. */
  readonly versionFloor: { readonly windows: string; readonly macos: string; readonly linux: string };
}

export const trust: Trust = compiledIn;
