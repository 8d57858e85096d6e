/** macOS: what the vendor's control program says, and which approvals are missing. */
import type { ProductFacts, ProductReadings, Shortcoming } from '#installers/vendor.ts';
import { hostOf } from '#installers/sentinelone/site-token.ts';
import {
  allGood,
  nothingFromTools,
  outputOf,
  unreadable,
  type ReadingName,
  type Sha256,
  type ToolFacts,
  type Unread,
} from '#installers/sentinelone/health/facts.ts';
import { parseMacStatus, parseMacVersion, type MacStatus } from '#installers/sentinelone/health/macos-output.ts';

export function macosFacts(readings: ProductReadings, unread: Unread[], sha256: Sha256): ToolFacts {
  const note = (reading: ReadingName, detail: string): void => {
    unread.push({ reading, code: unreadable, detail });
  };
  const versionText = outputOf(readings, 'version', unread);
  const version = versionText === null ? null : parseMacVersion(versionText);
  if (versionText !== null && version === null) note('version', 'no line "SentinelOne" with a version');
  const text = outputOf(readings, 'status', unread);
  if (text === null) return { ...nothingFromTools, version };
  const status = parseMacStatus(text);
  for (const [what, value] of Object.entries(needed(status)))
    if (value === null) note('status', `does not tell "${what}"`);
  const host = status.server !== null && URL.canParse(status.server) ? hostOf(new URL(status.server)) : '';
  if (status.server !== null && host === '') note('status', 'the address after "Server" is none');
  return {
    version: version ?? status.version,
    enabled: allGood([status.operational, status.protecting]),
    processesRunning: allGood([status.ready, status.daemonIntact]),
    working: allGood([status.watching, status.missingAuthorizations === null ? null : true]),
    engineProblems: [],
    shortcomings: shortcomings(status),
    detail: status.remarks,
    connected: status.connected,
    // The vendor's console tells it; this program does not.
    antiTamper: null,
    agentUuid: status.uuid,
    consoleHost: host === '' ? null : host.slice(0, 200),
    siteKeySha256: status.siteKey === null ? null : sha256(status.siteKey),
  };
}

/** What must be told before anything is called healthy, by the program's own words. */
function needed(status: MacStatus): Readonly<Record<string, unknown>> {
  return {
    'Agent Operational State': status.operational,
    Protection: status.protecting,
    Ready: status.ready,
    'ES Framework': status.watching,
    'Missing Authorizations': status.missingAuthorizations,
    Connected: status.connected,
  };
}

function shortcomings(status: MacStatus): ProductFacts['shortcomings'] {
  const found: Shortcoming[] = (status.missingAuthorizations ?? []).map((name) => ({
    kind: kindOf(name),
    detail: `Missing authorization: ${name}`.slice(0, 200),
  }));
  if (status.watching === false) found.push({ kind: 'extension-unapproved', detail: 'ES Framework is not started' });
  if (status.networkExtension !== null && status.networkExtension !== 'running') {
    found.push({
      kind: 'network-extension-unapproved',
      detail: `Network Extension: ${status.networkExtension}`.slice(0, 200),
    });
  }
  if (status.contentFilter !== null && status.contentFilter !== 'active') {
    const detail = `Network Extension Content Filter: ${status.contentFilter}`.slice(0, 200);
    found.push({ kind: 'network-extension-unapproved', detail });
  }
  return found.slice(0, 8);
}

/** A right that nobody has recorded counts as the one that matters: without it files are not seen. */
function kindOf(authorization: string): Shortcoming['kind'] {
  if (/network|filter/i.test(authorization)) return 'network-extension-unapproved';
  return /bluetooth|notification/i.test(authorization) ? 'permission-missing' : 'full-disk-access-missing';
}
