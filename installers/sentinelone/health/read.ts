/** The product as facts, from the package database, the service and the vendor's own tool. Pure. */
import type { ProductReadings, ProductFacts, Shortcoming } from '#installers/vendor.ts';
import type { OperatingSystem, PackageState, ServiceState } from '#platform/platform.ts';
import type { Probe } from '#platform/inventory.ts';
import {
  allGood,
  nothingFromTools,
  unmanaged,
  unreadable,
  type Sha256,
  type ToolFacts,
  type Unread,
} from '#installers/sentinelone/health/facts.ts';
import { linuxFacts } from '#installers/sentinelone/health/linux.ts';
import { macosFacts } from '#installers/sentinelone/health/macos.ts';
import { windowsFacts } from '#installers/sentinelone/health/windows.ts';
import { presenceOn } from '#installers/sentinelone/presence.ts';
import { leadingVersion } from '#installers/versions.ts';

const detailMax = 200;

const toolFacts: Readonly<
  Record<OperatingSystem, (readings: ProductReadings, unread: Unread[], sha256: Sha256) => ToolFacts>
> = { linux: linuxFacts, windows: windowsFacts, macos: macosFacts };

/** A product with one of these runs and does not protect. */
const disabling: readonly Shortcoming['kind'][] = ['full-disk-access-missing', 'extension-unapproved', 'detect-only'];

export function readProduct(os: OperatingSystem, readings: ProductReadings, sha256: Sha256): ProductFacts {
  const unread: Unread[] = [];
  const service = serviceOf(os, readings.services, unread);
  const found = presenceOf(readings.packageState, service, unread);
  if (found.state === 'absent') return { ...nothingKnown, ...found, unread };
  const facts = found.state === 'present' ? toolFacts[os](readings, unread, sha256) : nothingFromTools;
  const { processesRunning, working, version, detail, ...reported } = facts;
  if (found.state === 'present' && service === 'absent') {
    unread.push({
      reading: 'services',
      code: unreadable,
      detail: 'the service of the agent is not known to the system',
    });
  }
  const serviceRunning = service === null || service === 'absent' ? null : service === 'running';
  const proven = readings.packageState.status === 'ok' ? true : null;
  const capable = facts.shortcomings.some(({ kind }) => disabling.includes(kind)) ? false : true;
  return {
    ...reported,
    state: found.state,
    version: version ?? fullVersion(os, found.version),
    serviceRunning,
    healthy:
      found.state === 'present' && allGood([proven, serviceRunning, facts.enabled, processesRunning, working, capable]),
    detail: [...found.detail, ...differing(os, version, found.version), ...detail]
      .map((line) => line.slice(0, detailMax))
      .slice(0, 20),
    unread,
  };
}

const nothingKnown = {
  ...unmanaged,
  serviceRunning: null,
  enabled: null,
  healthy: null,
  engineProblems: [],
  shortcomings: [],
};

interface Presence {
  readonly state: PackageState['state'];
  readonly version: string | null;
  readonly detail: string[];
}

/**
 * The package database decides. A unit without a package is a leftover, and half of an installation. A failed look reads
 * as `present`: "could not look" must never let something be installed or repaired on top.
 */
function presenceOf(probe: Probe<PackageState>, service: ServiceState['state'] | null, unread: Unread[]): Presence {
  if (probe.status === 'failed') {
    unread.push({ reading: 'packageState', code: probe.code, detail: probe.detail });
    return { state: 'present', version: null, detail: ['The package database could not be read.'] };
  }
  const found = probe.status === 'ok' ? probe.value : { state: 'absent' as const, version: null, detail: '' };
  const version = found.version === null ? null : (leadingVersion(found.version) ?? found.version.slice(0, detailMax));
  if (found.state !== 'absent') return { state: found.state, version, detail: [`Package database: ${found.detail}`] };
  if (service !== null && service !== 'absent') {
    return {
      state: 'partial',
      version: null,
      detail: [`A service of the agent is ${service}, but no package owns it.`],
    };
  }
  return { state: 'absent', version: null, detail: [] };
}

/**
 * On Linux the service had several names over the years, and the best state among them counts; elsewhere the first one is
 * the agent itself. null when it could not be asked.
 */
function serviceOf(
  os: OperatingSystem,
  probe: Probe<readonly ServiceState[]>,
  unread: Unread[],
): ServiceState['state'] | null {
  if (probe.status !== 'ok') {
    const code = probe.status === 'failed' ? probe.code : unreadable;
    unread.push({ reading: 'services', code, detail: probe.detail });
    return null;
  }
  const [main] = presenceOn(os).services;
  const counted = os === 'linux' ? probe.value : probe.value.filter(({ name }) => name === main);
  const order: readonly ServiceState['state'][] = ['running', 'failed', 'stopped'];
  return order.find((state) => counted.some((service) => service.state === state)) ?? 'absent';
}

/** Windows' uninstall entry leaves out the third of four numbers: such a version can be compared with nothing. */
function fullVersion(os: OperatingSystem, installed: string | null): string | null {
  if (os !== 'windows' || installed === null) return installed;
  return /^\d+(?:\.\d+){3}$/.test(installed) ? installed : null;
}

function differing(os: OperatingSystem, running: string | null, installed: string | null): string[] {
  if (running === null || installed === null) return [];
  const short = os === 'windows' ? running.replace(/^(\d+\.\d+)\.\d+\.(\d+)$/, '$1.$2') : running;
  if (installed === running || installed === short) return [];
  return [`The package is ${installed}, the running agent says ${running}.`];
}
