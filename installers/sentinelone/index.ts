/** SentinelOne as a vendor. */
import type { Vendor } from '#installers/vendor.ts';
import { readProduct } from '#installers/sentinelone/health/read.ts';
import { judgeIdentity } from '#installers/sentinelone/identity.ts';
import { selectPackage, targetOf } from '#installers/sentinelone/packages.ts';
import { presenceOn } from '#installers/sentinelone/presence.ts';
import { recipeFor } from '#installers/sentinelone/recipes/recipes.ts';
import { judgeSiteToken } from '#installers/sentinelone/site-token.ts';
import { trust, type Trust } from '#installers/sentinelone/trust.ts';

/** The vendor under a given trust; tests make one with stand-in publishers, everything else uses `sentinelOne`. */
export function makeSentinelOne(believed: Trust): Vendor {
  return {
    id: 'sentinelone',
    name: 'SentinelOne',
    presence: (os) => presenceOn(os, believed.publishers),
    pinned: believed.publishers,
    targetOf,
    select: (input) => selectPackage(input, believed.versionFloor),
    recipe: recipeFor,
    judgePackage: (candidate, metadata) => judgeIdentity(candidate, metadata, believed.versionFloor),
    readProduct: (os, readings, sha256) => readProduct(os, readings, sha256),
    judgeToken: (token, expected) => judgeSiteToken(token, expected, believed),
  };
}

export const sentinelOne: Vendor = makeSentinelOne(trust);
