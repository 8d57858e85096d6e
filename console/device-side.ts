/** Puts together what the routes of devices work with. */
import { randomBytes } from 'node:crypto';
import { createAccessTokens } from '#console/auth/access-tokens.ts';
import { consoleScope } from '#console/auth/scope.ts';
import type { Clock, DeviceSide, KeySource } from '#console/context.ts';
import { createDeviceMemory } from '#console/fleet/link/device-memory.ts';
import { createLeaving } from '#console/fleet/membership/offboarding.ts';
import { createQuotas } from '#console/fleet/link/quotas.ts';
import { createReleases, type ReleasesOptions } from '#console/releases/releases.ts';
import type { SiteTokens } from '#console/fleet/connections/site-tokens.ts';
import { createSilence } from '#console/fleet/membership/silence.ts';
import { createTurns } from '#console/fleet/deployment/turns.ts';
import { createWaiters } from '#console/fleet/link/waiters.ts';
import { loadKeys } from '#console/keys.ts';
import { createReadiness } from '#console/operation/readiness.ts';
import type { Sealer } from '#console/secrets.ts';
import type { Store } from '#console/store/store.ts';

export interface DeviceSideParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly siteTokens: SiteTokens;
  readonly packageDirectory: string;
  readonly releases: Omit<ReleasesOptions, 'clock'>;
  readonly hint?: DeviceSide['hint'];
}

async function keySource(store: Store, sealer: Sealer): Promise<KeySource> {
  let keys = await loadKeys(store.read, sealer);
  return {
    current: () => keys,
    async reload() {
      keys = await loadKeys(store.read, sealer);
    },
  };
}

/**
 * Processes on one PostgreSQL accept each other's sessions, of one epoch: a restore ends them. After a restart on SQLite
 * every device makes a new one.
 */
function instanceOf(store: Store, epoch: number): string {
  return store.kind === 'postgres' ? `shared:${epoch}` : randomBytes(12).toString('hex');
}

export async function createDeviceSide(parts: DeviceSideParts): Promise<DeviceSide> {
  const { store, sealer, clock, siteTokens, packageDirectory } = parts;
  const keys = await keySource(store, sealer);
  const side = {
    store,
    sealer,
    clock,
    siteTokens,
    packageDirectory,
    releases: createReleases({ ...parts.releases, clock }),
    keys,
    tokens: createAccessTokens(sealer, instanceOf(store, keys.current().epoch)),
    memory: createDeviceMemory(store, consoleScope('device-memory')),
    waiters: createWaiters(),
    leaving: createLeaving(store.read),
    quotas: createQuotas(store, () => clock.now()),
    silence: createSilence(store),
    readiness: createReadiness({ store, keys, clock, directory: packageDirectory }),
    hint: parts.hint ?? (() => undefined),
  };
  return { ...side, turns: createTurns(side) };
}
