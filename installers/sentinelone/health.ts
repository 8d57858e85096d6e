/** The product as facts, from the package database, the service and the vendor's own tool. Pure. */
import type { ProductFacts, ProductReadings } from '#installers/vendor.ts';
import type { OperatingSystem, PackageState, ServiceState } from '#platform/platform.ts';
import type { Probe } from '#platform/inventory.ts';
import { hostOf } from '#installers/sentinelone/site-token.ts';
import {
  parseControlStatus,
  parseEngineStatus,
  parseManagementStatus,
  parseVersion,
  type ControlStatus,
} from '#installers/sentinelone/status-output.ts';
import { leadingVersion } from '#installers/versions.ts';

/** Names of `Presence.readings`, all systems. */
export type ReadingName =
  | 'version'
  | 'control-status'
  | 'management-status'
  | 'engines-status'
  | 'status'
  | 'agent-status';

type Unread = ProductFacts['unread'][number];
type Sha256 = (text: string) => string;

const unreadable = 'health.unreadable';
const detailMax = 200;

export function readProduct(os: OperatingSystem, readings: ProductReadings, sha256: Sha256): ProductFacts {
  const unread: Unread[] = [];
  const service = serviceOf(readings.services, unread);
  const found = presenceOf(readings.packageState, service, unread);
  if (found.state === 'absent') return { ...nothingKnown, ...found, unread };
  if (os !== 'linux') {
    unread.push({ reading: 'status', code: unreadable, detail: `its answers on ${os} are not understood yet` });
    return { ...nothingKnown, ...found, unread };
  }
  const facts = found.state === 'present' ? toolFacts(readings, unread, sha256) : nothingFromTools;
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
  return {
    ...reported,
    shortcomings: [],
    state: found.state,
    version: version ?? found.version,
    serviceRunning,
    healthy: found.state === 'present' && allGood([proven, serviceRunning, facts.enabled, processesRunning, working]),
    detail: [...found.detail, ...differing(version, found.version), ...detail]
      .map((line) => line.slice(0, detailMax))
      .slice(0, 20),
    unread,
  };
}

interface ManagementFacts {
  readonly connected: boolean | null;
  readonly antiTamper: boolean | null;
  readonly agentUuid: string | null;
  readonly consoleHost: string | null;
  readonly siteKeySha256: string | null;
}

interface ToolFacts extends ManagementFacts {
  readonly version: string | null;
  readonly enabled: boolean | null;
  readonly processesRunning: boolean | null;
  /** Of the detection engines. */
  readonly working: boolean | null;
  readonly engineProblems: readonly string[];
  readonly detail: readonly string[];
}

const unmanaged: ManagementFacts = {
  connected: null,
  antiTamper: null,
  agentUuid: null,
  consoleHost: null,
  siteKeySha256: null,
};

const nothingFromTools: ToolFacts = {
  ...unmanaged,
  version: null,
  enabled: null,
  processesRunning: null,
  working: null,
  engineProblems: [],
  detail: [],
};

const nothingKnown = {
  ...unmanaged,
  serviceRunning: null,
  enabled: null,
  healthy: null,
  engineProblems: [],
  shortcomings: [],
};

/** true needs every part known and good; one known bad is enough for false. */
function allGood(parts: readonly (boolean | null)[]): boolean | null {
  if (parts.includes(false)) return false;
  return parts.includes(null) ? null : true;
}

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

/** The best state among the names the service had over the years; null when it could not be asked. */
function serviceOf(probe: Probe<readonly ServiceState[]>, unread: Unread[]): ServiceState['state'] | null {
  if (probe.status !== 'ok') {
    const code = probe.status === 'failed' ? probe.code : unreadable;
    unread.push({ reading: 'services', code, detail: probe.detail });
    return null;
  }
  const order: readonly ServiceState['state'][] = ['running', 'failed', 'stopped'];
  return order.find((state) => probe.value.some((service) => service.state === state)) ?? 'absent';
}

function toolFacts(readings: ProductReadings, unread: Unread[], sha256: Sha256): ToolFacts {
  const note = (reading: ReadingName, detail: string): void => {
    unread.push({ reading, code: unreadable, detail });
  };
  const versionText = outputOf(readings, 'version', unread);
  const version = versionText === null ? null : parseVersion(versionText);
  if (versionText !== null && version === null) note('version', 'no line "Agent version"');
  const controlText = outputOf(readings, 'control-status', unread);
  const control = controlText === null ? null : parseControlStatus(controlText);
  if (control !== null && control.enabled === null) note('control-status', 'no known word after "Agent state"');
  if (control !== null && control.processes.length === 0) note('control-status', 'no table of processes');
  const engineText = outputOf(readings, 'engines-status', unread);
  const engines = engineText === null ? null : parseEngineStatus(engineText);
  if (engines !== null && engines.working === null) note('engines-status', 'no state of the detection engine');
  return {
    version,
    enabled: control?.enabled ?? null,
    processesRunning: processesRunning(control),
    working: engines?.working ?? null,
    engineProblems: engines?.problems ?? [],
    ...managementFacts(readings, unread, sha256),
    detail: [...stoppedProcesses(control), ...(engines?.problems ?? [])],
  };
}

function managementFacts(readings: ProductReadings, unread: Unread[], sha256: Sha256): ManagementFacts {
  const text = outputOf(readings, 'management-status', unread);
  if (text === null) return unmanaged;
  const status = parseManagementStatus(text);
  if (status.connected === null) {
    unread.push({ reading: 'management-status', code: unreadable, detail: 'no known word after "Connectivity"' });
  }
  const consoleHost = status.url !== null && URL.canParse(status.url) ? hostOf(new URL(status.url)) : null;
  if (status.url !== null && (consoleHost === null || consoleHost === '')) {
    unread.push({ reading: 'management-status', code: unreadable, detail: 'the address after "URL" is none' });
  }
  return {
    connected: status.connected,
    antiTamper: status.antiTamper,
    agentUuid: status.uuid,
    consoleHost: consoleHost === '' ? null : (consoleHost?.slice(0, detailMax) ?? null),
    siteKeySha256: status.siteKey === null ? null : sha256(status.siteKey),
  };
}

/** The process the others belong to must run; the table may list ones that policy keeps away. */
function processesRunning(control: ControlStatus | null): boolean | null {
  if (control === null || control.processes.length === 0) return null;
  const agent = control.processes.find((listed) => listed.name === 'agent');
  return agent === undefined ? null : agent.running;
}

function stoppedProcesses(control: ControlStatus | null): string[] {
  const stopped = control?.processes.filter((listed) => !listed.running).map((listed) => listed.name) ?? [];
  return stopped.length === 0 ? [] : [`Not running: ${stopped.join(', ')}`];
}

/** Output of a reading that ended well; a tool that failed is not believed, whatever it printed. */
function outputOf(readings: ProductReadings, reading: ReadingName, unread: Unread[]): string | null {
  const probe = readings.tools[reading];
  if (probe === undefined) {
    unread.push({ reading, code: unreadable, detail: 'was not asked' });
    return null;
  }
  if (probe.status !== 'ok') {
    unread.push({ reading, code: probe.status === 'failed' ? probe.code : unreadable, detail: probe.detail });
    return null;
  }
  if (probe.value.code !== 0) {
    unread.push({ reading, code: unreadable, detail: `ended with ${probe.value.code ?? 'no code'}` });
    return null;
  }
  return probe.value.stdout;
}

function differing(running: string | null, installed: string | null): string[] {
  if (running === null || installed === null || running === installed) return [];
  return [`The package is ${installed}, the running agent says ${running}.`];
}
