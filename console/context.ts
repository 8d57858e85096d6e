/** What a running console is made of; handed to every route and to the work beside them. */
import type { AccessTokens } from '#console/auth/access-tokens.ts';
import type { DeviceMemory } from '#console/fleet/link/device-memory.ts';
import type { Leaving } from '#console/fleet/membership/offboarding.ts';
import type { Turns } from '#console/fleet/deployment/turns.ts';
import type { Quotas } from '#console/fleet/link/quotas.ts';
import type { Waiters } from '#console/fleet/link/waiters.ts';
import type { Silence } from '#console/fleet/membership/silence.ts';
import type { SiteTokens } from '#console/fleet/connections/site-tokens.ts';
import type { Releases } from '#console/releases/releases.ts';
import type { Readiness } from '#console/operation/readiness.ts';
import type { ConsoleKeys } from '#console/keys.ts';
import type { Sealer } from '#console/secrets.ts';
import type { Store } from '#console/store/store.ts';

export interface Clock {
  /** ms since 1970 */
  now(): number;
}

export interface KeySource {
  current(): ConsoleKeys;
  reload(): Promise<void>;
}

export interface DeviceSide {
  readonly store: Store;
  readonly clock: Clock;
  readonly keys: KeySource;
  readonly sealer: Sealer;
  readonly tokens: AccessTokens;
  readonly memory: DeviceMemory;
  readonly waiters: Waiters;
  readonly quotas: Quotas;
  readonly silence: Silence;
  readonly siteTokens: SiteTokens;
  readonly turns: Turns;
  readonly leaving: Leaving;
  readonly readiness: Readiness;
  /** Directory of package files, named by their SHA-256. */
  readonly packageDirectory: string;
  /** Versions of the agent that were imported. */
  readonly releases: Releases;
  /** Tells the page that something changed: topic and, for a device, its organisation. */
  hint(hint: { readonly topic: 'device'; readonly id: string; readonly organisationId: string }): void;
}
