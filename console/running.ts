/** A running console: its listeners and the work beside them. */
import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { startAlerts } from '#console/alerts/start.ts';
import { startAuditHeads } from '#console/audit-heads.ts';
import { paths, type ConsoleConfig } from '#console/config.ts';
import { buildDeviceApp } from '#console/device-app.ts';
import { checkAll, recheckBroken } from '#console/fleet/connections/connections.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import { startSweeps } from '#console/fleet/sweeps.ts';
import { readVendorAgents } from '#console/fleet/sentinelone/vendor-agents.ts';
import { drain } from '#console/operation/drain.ts';
import { logOptions } from '#console/operation/log.ts';
import { createMetrics, observe, type Metrics } from '#console/operation/metrics.ts';
import { buildMetricsApp, metricsToken } from '#console/operation/metrics-listener.ts';
import { buildOperatorApp } from '#console/operator-app.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { releaseKeys } from '#console/releases/keys.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import type { Timing } from '#console/sentinelone/timing.ts';
import { createSides, openStore, type Sides } from '#console/start.ts';
import type { Store } from '#console/store/store.ts';
import type { KeyAndCertificate } from '#console/tls/own-key.ts';
import { followTls, speaking, type Speaking, type TlsParts } from '#console/tls/source.ts';
import { consoleVersion } from '#console/version.ts';

const wallTiming: Timing = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((done) => {
      if (signal?.aborted) return done();
      // Waiting to ask SentinelOne again keeps no process alive that was told to end.
      const timer = setTimeout(done, ms).unref();
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        done();
      });
    }),
  random: () => Math.random(),
};

const vendorRoundEveryMs = 6 * 3_600_000;
const renewalRoundEveryMs = 10 * 60_000;

/** Tokens, sites and packages as SentinelOne has them now. */
async function vendorRound(side: OperatorSide): Promise<void> {
  await checkAll(side.connections, side.devices.store);
  await side.packages.refresh();
  side.hints.publish({ topic: 'connections', id: null }, null);
}

/** What does not wait for a request. */
async function startWork(side: OperatorSide, log: FastifyBaseLogger): Promise<{ stop(): Promise<void> }> {
  const { devices, connections } = side;
  const { store, clock } = devices;
  const failed = (what: string) => (error: unknown) => log.error({ err: error }, `${what} failed`);
  const sweeps = await startSweeps(devices, failed('a sweep'));
  const alerts = startAlerts(side, failed('alerts'));
  const changed = (): void => void policyChanged(devices).catch(failed('a change of policy'));
  const renew = (): void => {
    const renewed = connections.renewDue().then(() => recheckBroken(connections, store));
    void renewed.catch(failed('renewing an API token'));
    void readVendorAgents({ store, clock, connections, changed }).catch(failed('reading SentinelOne agents'));
  };
  const rounds = setInterval(() => void vendorRound(side).catch(failed('a look at SentinelOne')), vendorRoundEveryMs);
  const renewals = setInterval(renew, renewalRoundEveryMs);
  for (const timer of [rounds, renewals]) timer.unref();
  renew();
  return {
    async stop() {
      for (const timer of [rounds, renewals]) clearInterval(timer);
      await alerts.stop();
      await sweeps.stop();
    },
  };
}

function sidesOf(
  config: ConsoleConfig,
  parts: Pick<Parameters<typeof createSides>[0], 'store' | 'sealer'>,
): Promise<Sides> {
  return createSides({
    ...parts,
    timing: wallTiming,
    packageDirectory: paths.packages(config),
    packageCacheBytesMax: config.packageCacheBytesMax,
    releases: { directory: paths.releases(config), keys: releaseKeys(config) },
    vendorOnLoopback: config.vendorOnLoopback,
    settings: {
      version: consoleVersion,
      origins: [config.operatorUrl],
      secureCookies: config.operatorUrl.startsWith('https://'),
      notifyOnLoopback: config.notifyOnLoopback,
      providerOnLoopback: config.providerOnLoopback,
      webDirectory: config.webDirectory === null ? null : resolve(config.webDirectory),
    },
  });
}

function httpsOf(pair: KeyAndCertificate | null): { https?: KeyAndCertificate } {
  return pair === null ? {} : { https: pair };
}

interface Apps {
  readonly devices: FastifyInstance;
  readonly operators: FastifyInstance;
  /** null: no listener of its own. */
  readonly metrics: FastifyInstance | null;
}

async function buildApps(config: ConsoleConfig, sides: Sides, spoken: Speaking, metrics: Metrics): Promise<Apps> {
  const token = metricsToken(config);
  const common = (listener: 'devices' | 'operators') => ({
    log: logOptions(config.logLevel, listener),
    trustProxy: config.trustProxy ?? (false as const),
    measure: (app: FastifyInstance) => metrics.measure(app, listener),
  });
  const access = { registry: metrics.registry, token };
  return {
    devices: await buildDeviceApp(sides.devices, { ...common('devices'), ...httpsOf(spoken.devices) }),
    operators: await buildOperatorApp(sides.operators, {
      ...common('operators'),
      ...httpsOf(spoken.operators),
      ...(token === null ? {} : { metrics: access }),
    }),
    metrics: config.metrics === null ? null : await buildMetricsApp(access),
  };
}

function follow(tls: TlsParts, apps: Apps, spoken: Speaking): { stop(): void } {
  const { log } = apps.devices;
  return followTls(tls, { devices: apps.devices.server, operators: apps.operators.server }, spoken, {
    taken: (cert) => log.info({ validTo: new X509Certificate(cert).validTo }, 'a new certificate is in use'),
    refused: (error) => log.error({ err: error }, 'the new certificate is not used'),
  });
}

function keepAuditHeads(config: ConsoleConfig, store: Store, log: FastifyBaseLogger): () => void {
  return startAuditHeads({
    store,
    path: paths.auditHeads(config),
    now: () => Date.now(),
    say: ({ number, mac }) => log.info({ auditHead: `${number}:${mac}` }, 'head of the audit log'),
    failed: (error) => log.error({ err: error }, 'the head of the audit log was not kept'),
  });
}

export interface Running {
  readonly deviceAddress: string;
  readonly operatorAddress: string;
  readonly log: FastifyBaseLogger;
  /** Answers what is held, finishes what is in work, writes what is remembered. */
  stop(): Promise<void>;
  /** Waits no longer for what is in work. */
  hurry(): void;
}

export async function startConsole(config: ConsoleConfig): Promise<Running> {
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: true });
  const sides = await sidesOf(config, { store, sealer });
  const { devices, operators } = sides;
  await operators.packages.recover();
  const tls = { config, store, sealer, keys: devices.keys, clock: devices.clock };
  const spoken = await speaking(tls);
  const metrics = createMetrics();
  observe(metrics, operators);
  const apps = await buildApps(config, sides, spoken, metrics);
  const following = follow(tls, apps, spoken);
  const work = await startWork(operators, apps.devices.log);
  const stopAuditHeads = keepAuditHeads(config, store, apps.operators.log);
  const deviceAddress = await apps.devices.listen(config.devices);
  const operatorAddress = await apps.operators.listen(config.operators);
  if (apps.metrics !== null && config.metrics !== null) await apps.metrics.listen(config.metrics);
  const hurry = new AbortController();
  return {
    deviceAddress,
    operatorAddress,
    log: apps.devices.log,
    hurry: () => hurry.abort(),
    async stop() {
      stopAuditHeads();
      following.stop();
      await drain(devices, [apps.devices, apps.operators], config.drain, hurry.signal);
      await work.stop();
      await apps.metrics?.close();
      await operators.packages.close();
      operators.connections.close();
      operators.signOn.close();
      await store.close();
    },
  };
}
