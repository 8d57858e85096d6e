/**
 * What `SentinelCtl status` and the COM class `SentinelHelper.1` answer on Windows, as values. Whole phrases only: "is not
 * loaded" holds "loaded". A word nobody has recorded is "not known", never good news.
 */
import { parseStrictJson } from '#protocol/strict-json.ts';
import { plainLines } from '#installers/sentinelone/health/linux-output.ts';

export interface CtlStatus {
  /** Somebody has switched the agent off, or not. */
  readonly enabled: boolean | null;
  /** The kernel driver. */
  readonly monitorLoaded: boolean | null;
  readonly agentLoaded: boolean | null;
  readonly agentRunning: boolean | null;
  readonly networkMonitorLoaded: boolean | null;
  readonly antiTamper: boolean | null;
  /** Four numbers, from the driver's build id. */
  readonly version: string | null;
  /** What it does with a threat, in its own word: "quarantineThreat", "none". */
  readonly mitigation: string | null;
  /** The control program belongs to another version than the one that runs. */
  readonly fromOldFolder: boolean;
}

export function parseCtlStatus(output: string): CtlStatus {
  const lines = plainLines(output).map((line) => line.trim());
  const phrase = (yes: readonly string[], no: readonly string[]): boolean | null => {
    const [good, bad] = [lines.some((line) => yes.includes(line)), lines.some((line) => no.includes(line))];
    return good === bad ? null : good;
  };
  const loaded = (name: string): boolean | null => phrase([`${name} is loaded`], [`${name} is not loaded`]);
  const build = valueOf(lines, 'Monitor Build id');
  return {
    enabled: enabledBy(valueOf(lines, 'Disable State')),
    monitorLoaded: loaded('SentinelMonitor'),
    agentLoaded: loaded('SentinelAgent'),
    agentRunning: phrase(
      ['SentinelAgent is running as PPL', 'SentinelAgent is running'],
      ['SentinelAgent is not running'],
    ),
    networkMonitorLoaded: loaded('SentinelNetworkMonitor'),
    antiTamper: onOff(valueOf(lines, 'Self-Protection status') ?? valueOf(lines, 'Self-Protection')),
    version: /^(\d{1,9}(?:\.\d{1,9}){3})(?=[+-]|$)/.exec(build ?? '')?.[1] ?? null,
    mitigation: valueOf(lines, 'Mitigation policy')?.slice(0, 60) ?? null,
    fromOldFolder: lines.some((line) => /^SentinelCtl\.exe was run from an old\b/i.test(line)),
  };
}

/** The only value of a key; several that differ say nothing. */
function valueOf(lines: readonly string[], key: string): string | null {
  const values = lines.flatMap((line) => (line.startsWith(`${key}:`) ? [line.slice(key.length + 1).trim()] : []));
  return new Set(values).size === 1 ? (values[0] ?? null) : null;
}

function enabledBy(value: string | null): boolean | null {
  if (value === 'Not disabled by the user' || value === 'Not disabled') return true;
  return value !== null && /^Disabled\b/i.test(value) ? false : null;
}

function onOff(value: string | null): boolean | null {
  if (value === 'On') return true;
  return value === 'Off' ? false : null;
}

export interface AgentStatus {
  readonly running: boolean | null;
  readonly version: string | null;
  readonly uuid: string | null;
  /** Address of the console, as told. */
  readonly url: string | null;
  /** Last contact, ms since 1970. */
  readonly lastSeenMs: number | null;
  readonly antiTamper: boolean | null;
  readonly detectionMode: 'protect' | 'detect' | null;
  readonly threatsPresent: boolean | null;
  readonly rebootReasons: readonly string[];
}

const jsonCharactersMax = 64 * 1024;

/** `GetAgentStatusJSON`: one object, or a list of one. Null when it is neither. */
export function parseAgentStatus(output: string): AgentStatus | null {
  const found = output.length > jsonCharactersMax ? null : parsedOrNull(output);
  const only: unknown = Array.isArray(found) ? (found.length === 1 ? found[0] : null) : found;
  if (typeof only !== 'object' || only === null || Array.isArray(only)) return null;
  const fields = new Map(Object.entries(only));
  const text = (name: string): string | null => {
    const value = fields.get(name);
    return typeof value === 'string' && value !== '' ? value.slice(0, 300) : null;
  };
  const flag = (name: string): boolean | null => {
    const value = fields.get(name);
    return typeof value === 'boolean' ? value : null;
  };
  const version = text('agent-version');
  const uuid = text('agent-id');
  return {
    running: flag('agent-running'),
    version: version !== null && /^\d{1,9}(?:\.\d{1,9}){3}$/.test(version) ? version : null,
    uuid: uuid !== null && /^[0-9A-Fa-f-]{32,36}$/.test(uuid) ? uuid : null,
    url: text('mgmt-url'),
    lastSeenMs: timeOf(text('last-seen')),
    antiTamper: flag('self-protection-enabled'),
    detectionMode: modeOf(text('detection-mode')),
    threatsPresent: flag('active-threats-present'),
    rebootReasons: reasonsOf(fields.get('reboot-reasons')),
  };
}

function parsedOrNull(output: string): unknown {
  try {
    return parseStrictJson(output.replace(/^\uFEFF/, '').trim());
  } catch {
    return null;
  }
}

/** ISO 8601 with a zone; anything else depends on the language of the system. */
function timeOf(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

function modeOf(text: string | null): AgentStatus['detectionMode'] {
  const word = text?.toLowerCase();
  return word === 'protect' || word === 'detect' ? word : null;
}

function reasonsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each) => (typeof each === 'string' && each !== '' ? [each.slice(0, 100)] : [])).slice(0, 10);
}
