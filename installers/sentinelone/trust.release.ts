import type { Trust } from '#installers/sentinelone/trust.ts';

/** The vendor's own publishers. Nothing here is ever loosened for a test: tests that need another trust build another binary. */
export const trust: Trust = {
  flavour: 'release',
  publishers: {
    rpmKeys: [],
    authenticodeOrganisations: ['Sentinel Labs, Inc.'],
    appleTeamIds: ['4AYE5J54KN'],
  },
  hostSuffixes: ['sentinelone.net'],
  plainHttpLoopback: false,
  versionFloor: { windows: '23.3.3.264', macos: '24.2.2.7632', linux: '24.2.2.20' },
};
