/** SentinelOne as a vendor. */
import type { Vendor } from '#installers/vendor.ts';
import { readProduct, type ReadingName } from '#installers/sentinelone/health.ts';
import { judgeIdentity } from '#installers/sentinelone/identity.ts';
import { selectPackage, targetOf } from '#installers/sentinelone/packages.ts';
import { recipeFor } from '#installers/sentinelone/recipes.ts';
import { judgeSiteToken } from '#installers/sentinelone/site-token.ts';
import { trust, type Trust } from '#installers/sentinelone/trust.ts';

const packageNames = ['sentinelagent', 'SentinelAgent'];

const readings: readonly { readonly name: ReadingName; readonly tool: string; readonly args: readonly string[] }[] = [
  { name: 'version', tool: 'sentinelctl', args: ['version'] },
  { name: 'control-status', tool: 'sentinelctl', args: ['control', 'status'] },
  { name: 'management-status', tool: 'sentinelctl', args: ['management', 'status'] },
  { name: 'engines-status', tool: 'sentinelctl', args: ['engines', 'status'] },
];

/** The vendor under a given trust; tests make one with stand-in publishers, everything else uses `sentinelOne`. */
export function makeSentinelOne(believed: Trust): Vendor {
  return {
    id: 'sentinelone',
    name: 'SentinelOne',
    packageNames,
    // The second is the name of very old agents.
    services: ['sentinelone.service', 'sentineld.service'],
    tools: [
      { name: 'sentinelctl', path: '/opt/sentinelone/bin/sentinelctl', packageNames, productUser: 'sentinelone' },
    ],
    readings,
    pinned: believed.publishers,
    targetOf,
    select: (input) => selectPackage(input, believed.versionFloor),
    recipe: recipeFor,
    judgePackage: (candidate, metadata) => judgeIdentity(candidate, metadata, believed.versionFloor),
    readProduct,
    judgeToken: (token, expected) => judgeSiteToken(token, expected, believed),
    /**
     * Only a start. `management token set` takes the token as an argument, which every local user can read while it
     * runs, so an agent that came up unregistered is reported (`not-registered`) instead of being registered this way.
     */
    register: [{ tool: 'sentinelctl', args: ['control', 'start'], stdin: 'none' }],
  };
}

export const sentinelOne: Vendor = makeSentinelOne(trust);
