/** What the vendor's own tools say of a product that is there, in the same words for every system. */
import type { ProductFacts, ProductReadings } from '#installers/vendor.ts';

/** Names of `Presence.readings`, all systems. */
export type ReadingName =
  | 'version'
  | 'control-status'
  | 'management-status'
  | 'engines-status'
  | 'status'
  | 'agent-status';

export type Unread = ProductFacts['unread'][number];
export type Sha256 = (text: string) => string;

export const unreadable = 'health.unreadable';

export interface ManagementFacts {
  readonly connected: boolean | null;
  readonly antiTamper: boolean | null;
  readonly agentUuid: string | null;
  readonly consoleHost: string | null;
  readonly siteKeySha256: string | null;
}

export interface ToolFacts extends ManagementFacts {
  readonly version: string | null;
  readonly enabled: boolean | null;
  readonly processesRunning: boolean | null;
  /** Of what detects: engines, kernel driver, watching of processes. */
  readonly working: boolean | null;
  readonly engineProblems: readonly string[];
  readonly shortcomings: ProductFacts['shortcomings'];
  readonly detail: readonly string[];
}

export const unmanaged: ManagementFacts = {
  connected: null,
  antiTamper: null,
  agentUuid: null,
  consoleHost: null,
  siteKeySha256: null,
};

export const nothingFromTools: ToolFacts = {
  ...unmanaged,
  version: null,
  enabled: null,
  processesRunning: null,
  working: null,
  engineProblems: [],
  shortcomings: [],
  detail: [],
};

/** true needs every part known and good; one known bad is enough for false. */
export function allGood(parts: readonly (boolean | null)[]): boolean | null {
  if (parts.includes(false)) return false;
  return parts.includes(null) ? null : true;
}

/** Output of a reading that ended well; a tool that failed is not believed, whatever it printed. */
export function outputOf(readings: ProductReadings, reading: ReadingName, unread: Unread[]): string | null {
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
