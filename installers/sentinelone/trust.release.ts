import type { Trust } from '#installers/sentinelone/trust.ts';

/**
 * Primary key "SentinelOne (Sentinel One Linux Agent)", by which the vendor signs its rpm packages since 23.3.2.12. The key
 * itself is handed out with the vendor's console and documentation: put its armoured text (primary key only, subkeys
 * stripped) into `rpmKeys` with this fingerprint. As long as the list is empty, every rpm is `package.untrusted-signature`.
 */
export const vendorRpmKeyFingerprint = '4D7017703359689F0AE6905E51274A3CBF000751';

/** The vendor's own publishers. Nothing here is ever loosened for a test: tests that need another trust build another binary. */
export const trust: Trust = {
  flavour: 'release',
  publishers: {
    rpmKeys: [],
    authenticodeOrganisations: ['Sentinel Labs, Inc.', 'SentinelOne, Inc.'],
    appleTeamIds: ['4AYE5J54KN'],
  },
  hostSuffixes: ['sentinelone.net'],
  plainHttpLoopback: false,
  versionFloor: { windows: '23.3.3.264', macos: '24.2.2.7632', linux: '24.2.2.20' },
};
