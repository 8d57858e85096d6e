/** Puts a console together; opens its database and no socket. */
import { mkdirSync } from 'node:fs';
import { createOperators } from '#console/auth/operators.ts';
import { createSignOn } from '#console/auth/sign-on/sign-on.ts';
import { paths, type ConsoleConfig } from '#console/config.ts';
import type { DeviceSide } from '#console/context.ts';
import { createDeviceSide } from '#console/device-side.ts';
import { createConnections } from '#console/fleet/connections/connections.ts';
import { createHints } from '#console/fleet/hints.ts';
import { createPackageCache } from '#console/fleet/packages/package-cache.ts';
import { packageFiles } from '#console/fleet/packages/package-files.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import { createVendorRecords } from '#console/fleet/sentinelone/vendor-records.ts';
import { createNotifications } from '#console/notify/notifications.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import type { ReleasesOptions } from '#console/releases/releases.ts';
import type { Sealer } from '#console/secrets.ts';
import type { Timing } from '#console/sentinelone/timing.ts';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import type { Store } from '#console/store/store.ts';

/** `alone`: for `run`; the short commands of the command line work beside a running console. */
export async function openStore(config: ConsoleConfig, options: { readonly alone: boolean }): Promise<Store> {
  if (config.databaseUrl !== null) return openPostgres(config.databaseUrl);
  mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 });
  return openSqlite(paths.database(config), options);
}

export interface Sides {
  readonly devices: DeviceSide;
  readonly operators: OperatorSide;
}

export interface SideParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly timing: Timing;
  readonly packageDirectory: string;
  readonly packageCacheBytesMax: number;
  readonly releases: Omit<ReleasesOptions, 'clock'>;
  readonly vendorOnLoopback: boolean;
  readonly settings: OperatorSide['settings'];
}

/** Everything both listeners work with; opens no socket. */
export async function createSides(parts: SideParts): Promise<Sides> {
  const { store, sealer, timing } = parts;
  const clock = { now: () => timing.now() };
  const hints = createHints();
  store.listen((topic) => {
    const [kind, id] = topic.split(':');
    if (kind === 'operator' && id !== undefined) hints.recheck(id);
  });
  const connections = createConnections({ store, sealer, clock, timing, loopbackAllowed: parts.vendorOnLoopback });
  const files = packageFiles(parts.packageDirectory, parts.packageCacheBytesMax);
  const devices = await createDeviceSide({
    store,
    sealer,
    clock,
    siteTokens: connections.siteTokens,
    packageDirectory: parts.packageDirectory,
    releases: parts.releases,
    hint: ({ organisationId, ...hint }) => hints.publish(hint, organisationId),
  });
  const changed = (): void => {
    hints.publish({ topic: 'packages', id: null }, null);
    void policyChanged(devices).catch(() => undefined);
  };
  const packages = createPackageCache({ store, clock, connections, files, changed });
  const operators = createOperators({ store, sealer, clock });
  const vendorRecords = createVendorRecords({ connections, clock });
  const { settings } = parts;
  const signOn = createSignOn({ store, sealer, clock, settings });
  const notifications = createNotifications({ store, sealer, clock, random: () => timing.random(), settings });
  const rest = { connections, packages, vendorRecords, hints, notifications, settings };
  return { devices, operators: { devices, operators, signOn, ...rest } };
}
