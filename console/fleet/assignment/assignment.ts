/** What a device shall be told, made from what its organisation was set to. Pure. */
import type {
  Assignment,
  AntivirusPolicy,
  Candidate,
  RebootPolicy,
  Site,
  VersionPolicy,
} from '#protocol/assignment.ts';
import type { Envelope } from '#protocol/envelope.ts';
import { limits } from '#protocol/limits.ts';
import type { DeploymentMode, Target } from '#protocol/words.ts';
import { baselineVersions } from '#installers/sentinelone/packages.ts';
import { compareVersions } from '#installers/versions.ts';

/** Shorter than the ceiling that devices keep: an unreachable console stops new installs after a week. */
export const assignmentLifetimeMs = 7 * 86_400_000;

export interface ReadyPackage extends Candidate {
  /** null: uploaded, for every connection. */
  readonly connectionId: string | null;
}

export interface AssignmentInput {
  readonly consoleId: string;
  readonly deviceId: string;
  readonly organisationId: string;
  readonly mode: DeploymentMode;
  /** When an install may start. */
  readonly start: { readonly slot: Assignment['slot']; readonly window: Assignment['window'] };
  readonly site: (Site & { readonly connectionId: string }) | null;
  /** Of the device; null: not reported yet. */
  readonly target: Target | null;
  readonly packages: readonly ReadyPackage[];
  readonly versionPolicy: VersionPolicy;
  readonly antivirus: Pick<AntivirusPolicy, 'exceptions' | 'waivers'>;
  readonly reboot: RebootPolicy;
  /** Of the owner key, for the packages and the site named here. */
  readonly approvals: readonly Envelope[];
}

/** Everything of an assignment that is not number or time: equal content keeps its number. */
export type AssignmentContent = Omit<Assignment, 'epoch' | 'number' | 'issuedAt' | 'expiresAt'>;

function wanted(policy: VersionPolicy, candidate: Candidate): boolean {
  switch (policy.kind) {
    case 'baseline':
      return candidate.source === 'baseline' || candidate.version === baselineVersions[candidate.target];
    case 'latest-ga':
      return candidate.release === 'ga';
    case 'exact':
      return candidate.version === policy.version;
  }
}

/** What the policy may choose comes first, newest first; the rest fills up, so that the device can say what would help. */
export function candidatesFor(
  input: Pick<AssignmentInput, 'packages' | 'versionPolicy' | 'target' | 'site'>,
): Candidate[] {
  const { packages, versionPolicy, target, site } = input;
  return packages
    .filter((one) => one.connectionId === null || one.connectionId === site?.connectionId)
    .filter((one) => target === null || one.target === target)
    .toSorted(
      (a, b) =>
        Number(wanted(versionPolicy, b)) - Number(wanted(versionPolicy, a)) ||
        compareVersions(b.version, a.version) ||
        a.sha256.localeCompare(b.sha256),
    )
    .filter((one, index, all) => all.findIndex((other) => other.sha256 === one.sha256) === index)
    .slice(0, limits.candidatesMax)
    .map((one) => candidateOf(one));
}

function candidateOf(ready: ReadyPackage): Candidate {
  const { target, format, version, fileName, sizeBytes, sha256, source, release } = ready;
  return { target, format, version, fileName, sizeBytes, sha256, source, release };
}

export function assignmentContent(input: AssignmentInput): AssignmentContent {
  const { consoleId, deviceId, organisationId, mode, versionPolicy, antivirus, reboot } = input;
  const site = input.site === null ? null : withoutConnection(input.site);
  return {
    requires: [],
    consoleId,
    deviceId,
    organisationId,
    vendor: 'sentinelone',
    mode,
    site,
    candidates: candidatesFor(input),
    versionPolicy,
    antivirus: { ...antivirus, onDemandScanners: 'block', defenderOnServers: 'report', coexisting: 'report' },
    reboot,
    ...input.start,
    approvals: [...input.approvals],
  };
}

function withoutConnection(site: Site): Site {
  const { siteId, siteName, groupId, consoleHost, siteKeySha256 } = site;
  return { siteId, siteName, groupId, consoleHost, siteKeySha256 };
}

export interface Issued {
  readonly epoch: number;
  readonly number: number;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** Whether half of its life is over: time for a fresh signature under the same number. */
export function halfLifeOver(issued: Pick<Issued, 'issuedAtMs' | 'expiresAtMs'>, nowMs: number): boolean {
  return nowMs - issued.issuedAtMs >= (issued.expiresAtMs - issued.issuedAtMs) / 2;
}

/**
 * Number of the next assignment: above the last one of this console, above the one the device holds (a console restored
 * from an older backup forgets what it sent), and not below the clock.
 */
export function nextNumber(lastNumber: number, heldByDevice: number, nowMs: number): number {
  return Math.max(lastNumber + 1, heldByDevice + 1, nowMs);
}
