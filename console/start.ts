/** A running console: both listeners and the work beside them. */
import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { startAlerts } from '#console/alerts/start.ts';
import { createOperators } from '#console/auth/operators.ts';
import { paths, type ConsoleConfig } from '#console/config.ts';
import type { DeviceSide } from '#console/context.ts';
import { buildDeviceApp } from '#console/device-app.ts';
import { createDeviceSide } from '#console/device-side.ts';
import { checkAll, createConnections, recheckBroken } from '#console/fleet/connections.ts';
import { createHints } from '#console/fleet/hints.ts';
import { createPackageCache } from '#console/fleet/package-cache.ts';
import { packageFiles } from '#console/fleet/package-files.ts';
import { policyChanged } from '#console/fleet/policy.ts';
import { startSweeps } from '#console/fleet/sweeps.ts';
import { readVendorAgents } from '#console/fleet/vendor-agents.ts';
import { createVendorRecords } from '#console/fleet/vendor-records.ts';
import { createNotifications } from '#console/notify/notifications.ts';
import { buildOperatorApp } from '#console/operator-app.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { releaseKeys } from '#console/releases/keys.ts';
import type { ReleasesOptions } from '#console/releases/releases.ts';
import { createSealer, readKeyFile, type Sealer } from '#console/secrets.ts';
import type { Timing } from '#console/sentinelone/timing.ts';
import { openPostgres } from '#console/store/postgres.ts';
import { openSqlite } from '#console/store/sqlite.ts';
import type { Store } from '#console/store/store.ts';
import { consoleVersion } from '#console/version.ts';

const wallTiming: Timing = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((done) => {
      if (signal?.aborted) return done();
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        done();
      });
    }),
  random: () => Math.random(),
};

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
  const notifications = createNotifications({ store, sealer, clock, random: () => timing.random(), settings });
  const rest = { connections, packages, vendorRecords, hints, notifications, settings };
  return { devices, operators: { devices, operators, ...rest } };
}

function tlsOf(config: ConsoleConfig): { https?: { cert: Buffer; key: Buffer } } {
  if (config.tls === null) return {};
  return { https: { cert: readFileSync(config.tls.certificate), key: readFileSync(config.tls.key) } };
}

export interface Running {
  readonly deviceAddress: string;
  readonly operatorAddress: string;
  /** Answers what is held, finishes what is in work, writes what is remembered. */
  stop(): Promise<void>;
}

const vendorRoundEveryMs = 6 * 3_600_000;
const renewalRoundEveryMs = 10 * 60_000;

/** Tokens, sites and packages as SentinelOne has them now. */
async function vendorRound(side: OperatorSide): Promise<void> {
  await checkAll(side.connections, side.devices.store);
  await side.packages.refresh();
  side.hints.publish({ topic: 'connections', id: null }, null);
}

async function listen(app: FastifyInstance, where: ConsoleConfig['devices']): Promise<string> {
  return app.listen({ host: where.host, port: where.port });
}

export async function startConsole(config: ConsoleConfig): Promise<Running> {
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: true });
  const { devices, operators } = await createSides({
    store,
    sealer,
    timing: wallTiming,
    packageDirectory: paths.packages(config),
    packageCacheBytesMax: config.packageCacheBytesMax,
    releases: { directory: paths.releases(config), keys: releaseKeys(config) },
    vendorOnLoopback: config.vendorOnLoopback,
    settings: {
      version: consoleVersion,
      origins: [config.operatorUrl],
      secureCookies: config.operatorUrl.startsWith('https://'),
      webDirectory: config.webDirectory === null ? null : resolve(config.webDirectory),
      notifyOnLoopback: config.notifyOnLoopback,
    },
  });
  await operators.packages.recover();
  const logger =
    config.logLevel === 'silent' ? false : { level: config.logLevel === 'info' ? 'warn' : config.logLevel };
  const options = { logger, trustProxy: config.trustProxy ?? false, ...tlsOf(config) } as const;
  const deviceApp = await buildDeviceApp(devices, options);
  const operatorApp = await buildOperatorApp(operators, options);
  const sweeps = await startSweeps(devices, (error) => deviceApp.log.error({ err: error }, 'a sweep failed'));
  const alerts = startAlerts(operators, (error) => deviceApp.log.error({ err: error }, 'alerts failed'));
  const rounds = setInterval(() => void vendorRound(operators).catch(() => undefined), vendorRoundEveryMs);
  rounds.unref();
  const agents = { store, clock: devices.clock, connections: operators.connections };
  const changed = (): void => void policyChanged(devices).catch(() => undefined);
  const renew = (): void => {
    void operators.connections
      .renewDue()
      .then(() => recheckBroken(operators.connections, store))
      .catch(() => undefined);
    void readVendorAgents({ ...agents, changed }).catch(() => undefined);
  };
  const renewals = setInterval(renew, renewalRoundEveryMs);
  renewals.unref();
  renew();
  const deviceAddress = await listen(deviceApp, config.devices);
  const operatorAddress = await listen(operatorApp, config.operators);
  return {
    deviceAddress,
    operatorAddress,
    async stop() {
      clearInterval(rounds);
      clearInterval(renewals);
      await alerts.stop();
      await sweeps.stop();
      await Promise.all([deviceApp.close(), operatorApp.close()]);
      await operators.packages.close();
      operators.connections.close();
      await store.close();
    },
  };
}
