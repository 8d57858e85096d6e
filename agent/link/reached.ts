/** Where a device goes, by what it believes its console to be. Pure. */
import type { KeySet } from '#protocol/key-set.ts';
import type { Identity } from '#agent/identity/identity.ts';

export interface Reached {
  /** Of the console, tried in order. */
  readonly addresses: readonly string[];
  /** SentinelOne hosts that the owner has allowed. */
  readonly vendorHosts: readonly string[];
  /** The console is known by its key, not by an authority. */
  readonly pinned: boolean;
}

export function addressesOf(keySet: KeySet | null, identity: Identity): readonly string[] {
  return [...new Set([...(keySet?.addresses ?? []), ...identity.addresses])];
}

export function reachedBy(identity: Identity | null, keySet: KeySet | null): Reached {
  return {
    addresses: identity === null ? [] : addressesOf(keySet, identity),
    vendorHosts: keySet?.vendorHosts ?? [],
    pinned: (keySet?.tlsPins.length ?? 0) > 0,
  };
}
