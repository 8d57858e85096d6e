import type { ReleaseTrust } from '#protocol/release/trust.ts';

/**
 * Public halves of the release keys, base64url of their raw 32 bytes: one in use and one spare, kept apart, so that losing the
 * first one orphans nobody. `npm run release:key -- FILE` makes one and prints what belongs here; its private half never comes
 * near the repository or a build server. As long as the list is empty, agents of this build do not update themselves and a
 * console takes no release.
 */
export const trust: ReleaseTrust = { flavour: 'release', keys: [] };
