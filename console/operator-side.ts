/** What the routes of operators work with. */
import type { Operators } from '#console/auth/operators.ts';
import type { SignOn } from '#console/auth/sign-on/sign-on.ts';
import type { DeviceSide } from '#console/context.ts';
import type { Connections } from '#console/fleet/connections/connections.ts';
import type { Hints } from '#console/fleet/hints.ts';
import type { Notifications } from '#console/notify/notifications.ts';
import type { PackageCache } from '#console/fleet/packages/package-cache.ts';
import type { VendorRecords } from '#console/fleet/sentinelone/vendor-records.ts';

export interface OperatorSettings {
  readonly version: string;
  /** Where the page is opened from: requests that change something must come from one of these. */
  readonly origins: readonly string[];
  /** Cookies get `__Host-` and Secure; off only for plain HTTP on loopback. */
  readonly secureCookies: boolean;
  /** Built page; null: only the API is served. */
  readonly webDirectory: string | null;
  /** Notifications may go to this machine: development and tests, or a receiver beside the console. */
  readonly notifyOnLoopback?: boolean;
  /** The single sign-on provider may be on this machine, also without TLS: development and tests. */
  readonly providerOnLoopback?: boolean;
}

export interface OperatorSide {
  readonly devices: DeviceSide;
  readonly operators: Operators;
  readonly signOn: SignOn;
  readonly connections: Connections;
  readonly notifications: Notifications;
  readonly packages: PackageCache;
  readonly vendorRecords: VendorRecords;
  readonly hints: Hints;
  readonly settings: OperatorSettings;
}
