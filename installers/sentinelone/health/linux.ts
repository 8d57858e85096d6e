/** Linux: what the vendor's control program says. */
import type { ProductReadings } from '#installers/vendor.ts';
import { hostOf } from '#installers/sentinelone/site-token.ts';
import {
  outputOf,
  unreadable,
  type ManagementFacts,
  type ReadingName,
  type Sha256,
  type ToolFacts,
  type Unread,
  unmanaged,
} from '#installers/sentinelone/health/facts.ts';
import {
  parseControlStatus,
  parseEngineStatus,
  parseManagementStatus,
  parseVersion,
  type ControlStatus,
} from '#installers/sentinelone/health/linux-output.ts';

const hostCharactersMax = 200;

export function linuxFacts(readings: ProductReadings, unread: Unread[], sha256: Sha256): ToolFacts {
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
    shortcomings: [],
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
    consoleHost: consoleHost === '' ? null : (consoleHost?.slice(0, hostCharactersMax) ?? null),
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
