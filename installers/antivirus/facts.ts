/**
 * An inventory as a flat list of facts, each with the most it can prove. What others than an administrator could have
 * made proves nothing (`hint`), so that a planted name cannot keep protection away (a fake antivirus).
 */
import type {
  DriverRecord,
  InstalledPackage,
  Inventory,
  LaunchDaemonRecord,
  PathRecord,
  Probe,
  ProcessRecord,
  SecurityCenterRecord,
  ServiceRecord,
  SystemExtensionRecord,
  UninstallRecord,
} from '#platform/inventory.ts';
import { isSecurityCenterStopped, readProductState } from '#installers/antivirus/security-center.ts';
import { plainLine } from '#installers/antivirus/text.ts';

export type EvidenceKind =
  | 'package'
  | 'service'
  | 'process'
  | 'driver'
  | 'path'
  | 'security-center'
  | 'uninstall-entry'
  | 'system-extension'
  | 'launch-daemon'
  | 'bundle'
  | 'receipt'
  | 'defender';

/** Strongest first. `hint` is shown in diagnostics and decides nothing. */
export const claims = ['running', 'loaded', 'pending-removal', 'installed', 'leftover', 'hint'] as const;
export type Claim = (typeof claims)[number];

export interface Fact {
  readonly kind: EvidenceKind;
  /** What identifiers are compared with: name, path, display name, bundle id. */
  readonly key: string;
  /** Where it is, for identifiers that need a place; team id for a system extension. */
  readonly place: string | null;
  readonly claim: Claim;
  /** What a row of Security Center whose program is gone would prove if other evidence shows the product alive. */
  readonly claimIfAlive: Claim | null;
  /** The system's own maker says so (Security Center's owner bits): never somebody else's product. */
  readonly microsoft: boolean;
  readonly version: string | null;
  /** Holds a blocking fanotify group: it decides over file opens, whatever it is called. */
  readonly blocksFileAccess: boolean;
  /** One bounded line for a person. */
  readonly text: string;
}

/** Sources that failed or do not exist give no facts here; `probes.ts` says so. */
export function factsOf(inventory: Inventory): Fact[] {
  const old = isSecurityCenterStopped(inventory);
  return [
    ...each(inventory.securityCenter, (record) => securityCenterFact(record, old)),
    ...each(inventory.packages, packageFact),
    ...each(inventory.services, serviceFact),
    ...each(inventory.systemExtensions, systemExtensionFact),
    ...each(inventory.launchDaemons, launchDaemonFact),
    ...each(inventory.processes, processFact),
    ...each(inventory.drivers, driverFact),
    ...each(inventory.uninstallEntries, uninstallFact),
    ...each(inventory.bundleIds, (id) =>
      fact({ kind: 'bundle', key: id, claim: 'installed', text: `application ${id}` }),
    ),
    ...each(inventory.receipts, (id) => fact({ kind: 'receipt', key: id, claim: 'leftover', text: `receipt ${id}` })),
    ...each(inventory.paths, pathFact),
  ];
}

function each<T>(probe: Probe<readonly T[]>, toFact: (record: T) => Fact): Fact[] {
  return probe.status === 'ok' ? probe.value.map(toFact) : [];
}

type Given = Pick<Fact, 'kind' | 'key' | 'claim' | 'text'> & Partial<Fact>;

function fact(given: Given): Fact {
  const usual = { place: null, claimIfAlive: null, microsoft: false, version: null, blocksFileAccess: false };
  return { ...usual, ...given, text: plainLine(given.text) };
}

function packageFact(record: InstalledPackage): Fact {
  const removed = record.state === 'config-files';
  const how = {
    installed: 'installed',
    partial: 'half installed',
    'config-files': 'removed, its configuration is left',
  };
  return fact({
    kind: 'package',
    key: record.name,
    place: record.format,
    claim: removed ? 'leftover' : 'installed',
    version: removed ? null : record.version,
    text: `package ${record.name} ${record.version} (${record.format}) ${how[record.state]}`,
  });
}

/** A stopped service whose program is gone is an entry that a removal left behind. */
function serviceFact(record: ServiceRecord): Fact {
  const orphan = record.programExists === false && record.state !== 'running';
  const claim = record.state === 'running' ? 'running' : orphan ? 'leftover' : 'installed';
  const notes = [
    record.enabled ? ', starts at boot' : ', does not start at boot',
    orphan ? ', its program is gone' : '',
    record.system ? '' : ', not a system service',
  ];
  return fact({
    kind: 'service',
    key: record.name,
    claim: record.system ? claim : 'hint',
    text: `service ${record.name} ${record.state}${notes.join('')}`,
  });
}

/** A name without a readable executable is the kernel's `comm`, which anybody can choose. */
function processFact(record: ProcessRecord): Fact {
  const counts = record.trusted && record.path !== null;
  const notes = [
    record.blocksFileAccess ? ', decides over file opens (fanotify)' : '',
    counts ? '' : ', not a system process of this machine',
  ];
  return fact({
    kind: 'process',
    key: record.name,
    place: record.path,
    claim: counts ? 'running' : 'hint',
    blocksFileAccess: counts && record.blocksFileAccess,
    text: `process ${record.name} running (${record.path ?? 'path unknown'}, pid ${record.pid})${notes.join('')}`,
  });
}

/** A driver that is registered and not loaded is what a removal leaves behind. */
function driverFact(record: DriverRecord): Fact {
  const altitude = record.altitude === null ? '' : ` at ${record.altitude}`;
  return fact({
    kind: 'driver',
    key: record.name,
    claim: record.state === 'loaded' ? 'loaded' : 'leftover',
    text: `driver ${record.name} ${record.state}${altitude}`,
  });
}

function pathFact(record: PathRecord): Fact {
  return fact({
    kind: 'path',
    key: record.path,
    claim: record.trusted ? 'leftover' : 'hint',
    text: `${record.path} exists${record.trusted ? '' : ', others than root could have made it'}`,
  });
}

function uninstallFact(record: UninstallRecord): Fact {
  return fact({
    kind: 'uninstall-entry',
    key: record.displayName,
    place: record.key,
    claim: 'installed',
    version: record.displayVersion,
    text: `installed program "${record.displayName}" ${record.displayVersion ?? ''}`,
  });
}

/**
 * A row outlives its product (the commonest false alarm), so it counts only while one of its programs is on disk, or
 * other evidence shows the product alive. `old`: the service that keeps the rows does not run.
 */
function securityCenterFact(record: SecurityCenterRecord, old: boolean): Fact {
  const { engine, owner, signatures } = readProductState(record.productState);
  const claim = engine === 'on' && !old ? 'running' : 'installed';
  const gone = record.programExists === false;
  const notes = [
    signatures === 'outdated' ? ', signatures out of date' : '',
    gone ? ', its program is gone' : '',
    old ? ', as of when Security Center last ran' : '',
  ];
  const state = engine === 'unknown' ? `in a state without a name (${record.productState})` : engine;
  return fact({
    kind: 'security-center',
    key: record.displayName,
    place: record.instanceGuid,
    claim: gone ? 'leftover' : claim,
    claimIfAlive: gone ? claim : null,
    microsoft: owner === 'microsoft',
    text: `Security Center: "${record.displayName}" ${state}${notes.join('')} ${record.instanceGuid}`,
  });
}

/** The state must equal systemextensionsctl's words: "activated waiting for user" is not active. */
function systemExtensionFact(record: SystemExtensionRecord): Fact {
  return fact({
    kind: 'system-extension',
    key: record.bundleId,
    place: record.teamId,
    claim: extensionClaim(record.state),
    version: record.version,
    text: `system extension ${record.bundleId} ${record.version} (${record.teamId}): ${record.state}`,
  });
}

function extensionClaim(state: string): Claim {
  if (state === 'activated enabled') return 'running';
  return state.startsWith('terminated') ? 'pending-removal' : 'installed';
}

/** A plist that is not loaded may be a leftover; one that cannot be read but is loaded is there. */
function launchDaemonFact(record: LaunchDaemonRecord): Fact {
  return fact({
    kind: 'launch-daemon',
    key: record.label,
    claim: record.loaded || record.running ? 'running' : 'leftover',
    text: `launch daemon ${record.label} ${record.running ? 'running' : record.loaded ? 'loaded' : 'not loaded'}`,
  });
}
