/** Windows: the control program, the COM class, and the kernel driver as the service manager sees it. */
import type { ProductFacts, ProductReadings } from '#installers/vendor.ts';
import type { ServiceState } from '#platform/platform.ts';
import { hostOf } from '#installers/sentinelone/site-token.ts';
import {
  allGood,
  outputOf,
  unreadable,
  type ManagementFacts,
  type ReadingName,
  type ToolFacts,
  type Unread,
  unmanaged,
} from '#installers/sentinelone/health/facts.ts';
import {
  parseAgentStatus,
  parseCtlStatus,
  type AgentStatus,
  type CtlStatus,
} from '#installers/sentinelone/health/windows-output.ts';

const driver = 'SentinelMonitor';
const staticEngine = 'SentinelStaticEngine';
/** The vendor's own tools call an agent connected that was seen within the hour. */
const seenWithinMs = 3_600_000;

export function windowsFacts(readings: ProductReadings, unread: Unread[]): ToolFacts {
  const note = (reading: ReadingName, detail: string): void => {
    unread.push({ reading, code: unreadable, detail });
  };
  const ctlText = outputOf(readings, 'status', unread);
  const ctl = ctlText === null ? null : parseCtlStatus(ctlText);
  if (ctl?.fromOldFolder === true)
    note('status', 'the control program belongs to another version than the one that runs');
  else if (ctl !== null && ctl.enabled === null) note('status', 'no known words after "Disable State"');
  else if (ctl !== null && ctl.monitorLoaded === null) note('status', 'does not say whether SentinelMonitor is loaded');
  const statusText = outputOf(readings, 'agent-status', unread);
  const status = statusText === null ? null : parseAgentStatus(statusText);
  if (statusText !== null && status === null) note('agent-status', 'is not the JSON it should be');
  const driverState = stateOf(readings, driver);
  const engine = stateOf(readings, staticEngine);
  // Older agents have none.
  const engineStops = engine === 'stopped' || engine === 'failed';
  return {
    version: status?.version ?? ctl?.version ?? null,
    // A control program of another version speaks of itself.
    enabled: ctl?.fromOldFolder === true ? null : (ctl?.enabled ?? null),
    processesRunning: processesRunning(ctl, status),
    working: allGood([
      driverState === null ? null : driverState === 'running',
      ctl?.monitorLoaded ?? null,
      engineStops ? false : true,
    ]),
    engineProblems: engineStops ? [`${staticEngine} is ${engine}`] : [],
    shortcomings: shortcomings(status),
    detail: details(readings, ctl, status),
    ...management(status, ctl, { nowMs: readings.nowMs, note }),
  };
}

/** Each of the two may be silent about it; what they say must agree. */
function processesRunning(ctl: CtlStatus | null, status: AgentStatus | null): boolean | null {
  const said = [ctl?.agentLoaded, ctl?.agentRunning, status?.running].filter((each) => typeof each === 'boolean');
  return said.length === 0 ? null : !said.includes(false);
}

function shortcomings(status: AgentStatus | null): ProductFacts['shortcomings'] {
  if (status === null) return [];
  const found: ProductFacts['shortcomings'][number][] = [];
  if (status.detectionMode === 'detect') {
    found.push({ kind: 'detect-only', detail: 'its policy only detects (detection mode: Detect)' });
  }
  if (status.rebootReasons.length > 0) {
    found.push({
      kind: 'reboot-needed',
      detail: `it asks for a restart: ${status.rebootReasons.join(', ')}`.slice(0, 200),
    });
  }
  return found;
}

interface Judging {
  readonly nowMs: number;
  readonly note: (reading: ReadingName, detail: string) => void;
}

function management(status: AgentStatus | null, ctl: CtlStatus | null, { nowMs, note }: Judging): ManagementFacts {
  const antiTamper = ctl?.antiTamper ?? status?.antiTamper ?? null;
  if (status === null) return { ...unmanaged, antiTamper };
  const host = status.url !== null && URL.canParse(status.url) ? hostOf(new URL(status.url)) : '';
  if (status.url !== null && host === '') note('agent-status', 'the address in "mgmt-url" is none');
  return {
    connected: connected(status.lastSeenMs, nowMs),
    antiTamper,
    agentUuid: status.uuid,
    consoleHost: host === '' ? null : host.slice(0, 200),
    // Neither of the two tells the key of the site; the vendor's console knows it by the agent's id.
    siteKeySha256: null,
  };
}

/** A contact further in the future than clocks differ is not believed. */
function connected(lastSeenMs: number | null, nowMs: number): boolean | null {
  if (lastSeenMs === null || lastSeenMs - nowMs > seenWithinMs) return null;
  return nowMs - lastSeenMs < seenWithinMs;
}

function details(readings: ProductReadings, ctl: CtlStatus | null, status: AgentStatus | null): string[] {
  const services = readings.services.status === 'ok' ? readings.services.value : [];
  const stopped = services.filter(({ state }) => state === 'stopped' || state === 'failed').map(({ name }) => name);
  return [
    ...(stopped.length === 0 ? [] : [`Not running: ${stopped.join(', ')}`]),
    ...(ctl?.monitorLoaded === false ? ['SentinelMonitor is not loaded'] : []),
    ...(ctl?.networkMonitorLoaded === false ? ['SentinelNetworkMonitor is not loaded'] : []),
    ...(status?.threatsPresent === true ? ['Active threats are present'] : []),
    ...(ctl?.mitigation == null ? [] : [`Mitigation policy: ${ctl.mitigation}`]),
  ];
}

function stateOf(readings: ProductReadings, name: string): ServiceState['state'] | null {
  if (readings.services.status !== 'ok') return null;
  const state = readings.services.value.find((service) => service.name === name)?.state ?? 'absent';
  return state === 'absent' ? null : state;
}
