/** Keeps the signed assignment of a device current. Runs inside the transaction of whoever asks. */
import type { Candidate, Site } from '#protocol/assignment.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { envelopeSchema, signEnvelope, type Envelope } from '#protocol/envelope.ts';
import { limits } from '#protocol/limits.ts';
import { deploymentModeSchema, targetSchema, type DeploymentMode } from '#protocol/words.ts';
import type { Scope } from '#console/auth/scope.ts';
import {
  assignmentContent,
  assignmentLifetimeMs,
  halfLifeOver,
  nextNumber,
  type AssignmentContent,
  type AssignmentInput,
  type ReadyPackage,
} from '#console/fleet/assignment/assignment.ts';
import { removalOfDevice } from '#console/fleet/sentinelone/removed-there.ts';
import { restartsOf } from '#console/fleet/assignment/restarts.ts';
import { versionPolicyFor } from '#console/fleet/packages/version-policy.ts';
import type { ConsoleKeys } from '#console/keys.ts';
import { approvalsOf } from '#console/store/sentinelone/approvals.ts';
import {
  findAssignment,
  holdAssignment,
  writeAssignment,
  type AssignmentRow,
} from '#console/store/devices/assignments.ts';
import { findDeployment } from '#console/store/deployments/deployments.ts';
import type { DeviceRecord } from '#console/store/devices/devices.ts';
import { exceptionsFor } from '#console/store/devices/exceptions.ts';
import { findConnection } from '#console/store/sentinelone/connections.ts';
import { findMapping } from '#console/store/sentinelone/mappings.ts';
import { findOrganisation } from '#console/store/organisations.ts';
import { readyPackages, type PackageRecord } from '#console/store/sentinelone/packages.ts';
import { findSlot } from '#console/store/deployments/slots.ts';
import type { Db } from '#console/store/store.ts';

export function readyPackage(row: PackageRecord): ReadyPackage | null {
  const { sha256, size_bytes: sizeBytes } = row;
  const target = targetSchema.safeParse(row.target);
  if (row.state !== 'ready' || sha256 === null || sizeBytes === null || !target.success) return null;
  return {
    target: target.data,
    format: row.format as Candidate['format'],
    version: row.version,
    fileName: row.file_name,
    sizeBytes,
    sha256,
    source: row.source as Candidate['source'],
    release: row.release as Candidate['release'],
    connectionId: row.connection_id,
  };
}

export async function siteOf(
  db: Db,
  scope: Scope,
  organisationId: string,
): Promise<(Site & { connectionId: string }) | null> {
  const mapping = await findMapping(db, scope, organisationId);
  if (mapping === null) return null;
  return {
    siteId: mapping.site_id,
    siteName: mapping.site_name,
    groupId: mapping.group_id,
    consoleHost: mapping.console_host,
    siteKeySha256: mapping.site_key_sha256,
    connectionId: mapping.connection_id,
  };
}

async function antivirusOf(db: Db, scope: Scope, device: DeviceRecord, nowMs: number) {
  const rows = await exceptionsFor(
    db,
    scope,
    { deviceId: device.device_id, organisationId: device.organisation_id },
    nowMs,
  );
  const dated = rows.map((row) => ({
    row,
    issuedAt: new Date(row.created_at).toISOString(),
    expiresAt: new Date(row.expires_at).toISOString(),
  }));
  return {
    exceptions: dated
      .filter(({ row }) => row.subject_kind === 'product')
      .slice(0, 50)
      .map(({ row, issuedAt, expiresAt }) => ({ productId: row.subject, issuedAt, expiresAt })),
    waivers: dated
      .filter(({ row }) => row.subject_kind === 'probe')
      .slice(0, 20)
      .map(({ row, issuedAt, expiresAt }) => ({ probe: row.subject, issuedAt, expiresAt })),
  };
}

/** What the device said it holds. */
export interface Held {
  readonly epoch: number;
  readonly number: number;
}

export interface Assigning {
  readonly keys: ConsoleKeys;
  readonly nowMs: number;
  readonly held: Held | null;
}

async function approvalsFor(db: Db, packages: readonly ReadyPackage[], site: Site | null): Promise<Envelope[]> {
  const digests = [...packages.map((one) => one.sha256), ...(site === null ? [] : [site.siteKeySha256])];
  const envelopes = await approvalsOf(db, digests);
  return envelopes.slice(0, 32).map((text) => envelopeSchema.parse(JSON.parse(text)));
}

/** Without a slot of the deployment that runs now, nothing may start on the device. */
async function startOf(db: Db, scope: Scope, device: DeviceRecord): Promise<AssignmentInput['start']> {
  const deployment = await findDeployment(db, scope, device.organisation_id);
  if (deployment === null || deployment.state === 'stopped') return { slot: 'none', window: null };
  const slot = await findSlot(db, scope, device.device_id);
  const given = slot?.state === 'open' && slot.deployment_id === deployment.deployment_id;
  const { start_minute: startMinute, end_minute: endMinute } = deployment;
  const window = startMinute === null || endMinute === null ? null : { startMinute, endMinute };
  return { slot: given ? 'given' : 'none', window };
}

/**
 * Where installing through the SentinelOne console is stopped, no organisation deploys; and what was removed in SentinelOne
 * is not put back until somebody decides.
 */
async function modeFor(
  db: Db,
  scope: Scope,
  device: DeviceRecord,
  of: { readonly mode: string | undefined; readonly connectionId: string | null },
): Promise<DeploymentMode> {
  const wanted = deploymentModeSchema.catch('watch').parse(of.mode);
  if (wanted !== 'deploy' || of.connectionId === null) return wanted;
  const connection = await findConnection(db, of.connectionId);
  if (connection !== null && connection.stopped_at !== null) return 'paused';
  return (await removalOfDevice(db, scope, device.device_id)) === null ? wanted : 'paused';
}

async function contentFor(db: Db, scope: Scope, device: DeviceRecord, how: Assigning) {
  const { keys, nowMs } = how;
  const organisation = await findOrganisation(db, scope, device.organisation_id);
  const target = targetSchema.nullable().catch(null).parse(device.target);
  const site = await siteOf(db, scope, device.organisation_id);
  const packages = (await readyPackages(db)).flatMap((row) => readyPackage(row) ?? []);
  const content = assignmentContent({
    consoleId: keys.consoleId,
    deviceId: device.device_id,
    organisationId: device.organisation_id,
    start: await startOf(db, scope, device),
    mode: await modeFor(db, scope, device, { mode: organisation?.mode, connectionId: site?.connectionId ?? null }),
    site,
    target,
    packages,
    versionPolicy: await versionPolicyFor(db, organisation),
    antivirus: await antivirusOf(db, scope, device, nowMs),
    reboot: restartsOf(organisation),
    approvals: await approvalsFor(db, packages, site),
  });
  return { content, policyVersion: organisation?.policy_version ?? 0 };
}

function sign(keys: ConsoleKeys, content: AssignmentContent, number: number, nowMs: number) {
  const expiresAtMs = nowMs + Math.min(assignmentLifetimeMs, limits.assignmentLifetimeMaxMs);
  const times = { issuedAt: new Date(nowMs).toISOString(), expiresAt: new Date(expiresAtMs).toISOString() };
  const envelope = signEnvelope('assignment', { ...content, epoch: keys.epoch, number, ...times }, [keys.signing]);
  return { envelope: JSON.stringify(envelope), expiresAtMs };
}

/**
 * The current assignment: as stored while nothing changed; under a new number when its content did, or when the device
 * holds a higher one than we remember; re-signed under the same number at half life.
 */
export async function currentAssignment(
  db: Db,
  scope: Scope,
  device: DeviceRecord,
  how: Assigning,
): Promise<AssignmentRow> {
  const { keys, nowMs, held } = how;
  await holdAssignment(db, scope, device.device_id);
  const row = await findAssignment(db, scope, device.device_id);
  const { content, policyVersion } = await contentFor(db, scope, device, how);
  const contentSha256 = sha256Hex(JSON.stringify(content));
  const heldNumber = held !== null && held.epoch === keys.epoch ? held.number : 0;
  const same =
    row !== null && row.content_sha256 === contentSha256 && row.epoch === keys.epoch && heldNumber <= row.number;
  const fresh = same && !halfLifeOver({ issuedAtMs: row.issued_at, expiresAtMs: row.expires_at }, nowMs);
  if (fresh && row.policy_version === policyVersion) return row;
  const common = {
    device_id: device.device_id,
    organisation_id: device.organisation_id,
    policy_version: policyVersion,
  };
  if (fresh) {
    const next = { ...row, ...common };
    await writeAssignment(db, scope, next);
    return next;
  }
  const number = same ? row.number : nextNumber(row?.number ?? 0, heldNumber, nowMs);
  const { envelope, expiresAtMs } = sign(keys, content, number, nowMs);
  const next: AssignmentRow = {
    ...common,
    epoch: keys.epoch,
    number,
    issued_at: nowMs,
    expires_at: expiresAtMs,
    content_sha256: contentSha256,
    envelope,
  };
  await writeAssignment(db, scope, next);
  return next;
}
