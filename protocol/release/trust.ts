import { trust as compiledIn } from '#protocol/release/trust.release.ts';

/**
 * Whose releases this build believes. Chosen when it is made and by nothing afterwards: the bundler re-points the import of
 * `trust.release.ts` at `trust.test.ts` for test builds.
 */
export interface ReleaseTrust {
  readonly flavour: 'release' | 'test';
  readonly keys: readonly string[];
}

export const releaseTrust: ReleaseTrust = compiledIn;
