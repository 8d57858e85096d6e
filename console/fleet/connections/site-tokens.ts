/** The site token, fetched when a device is about to install and sealed to it; kept nowhere (G1, G12). */
import { Fault } from '#protocol/codes.ts';
import { seal, sha256Hex } from '#protocol/crypto.ts';
import { assignmentSchema, type Assignment } from '#protocol/assignment.ts';
import { hostOf, readSiteToken } from '#installers/sentinelone/site-token.ts';
import { consoleScope, deviceScope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import type { KnownDevice } from '#console/fleet/link/device-memory.ts';
import { twinWatchMs } from '#console/fleet/link/device-session.ts';
import { DeviceRevoked } from '#console/problems.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { findAssignment } from '#console/store/devices/assignments.ts';
import { findDevice } from '#console/store/devices/devices.ts';
import { useSlot } from '#console/store/deployments/slots.ts';
import { changeSiteKey, findMapping, type MappingRow } from '#console/store/sentinelone/mappings.ts';
import { raisePolicyVersion } from '#console/store/organisations.ts';

export interface SiteOfConnection {
  readonly connectionId: string;
  readonly siteId: string;
  readonly groupId: string | null;
}

/** Reads registration tokens from SentinelOne. Faults `sentinelone.…`. */
export interface SiteTokens {
  read(site: SiteOfConnection): Promise<string>;
  /** Whether SentinelOne itself says that a token enrols in this site or group. */
  belongs?(site: SiteOfConnection, token: string): Promise<boolean>;
}

/** What a token says, against the pinned consoles and the site it must be for. Throws `token.…`; the token is in no text. */
export function judgeToken(
  token: string,
  expected: { vendorHosts: readonly string[]; site: Assignment['site'] },
): void {
  const reading = readSiteToken(token);
  if (!reading.ok) throw new Fault('token.malformed', reading.detail);
  const host = hostOf(reading.url);
  if (!expected.vendorHosts.some((pinned) => pinned.toLowerCase().replace(/:443$/, '') === host)) {
    throw new Fault('token.tenant-not-pinned', `${host} is not among the consoles that the owner key allowed`);
  }
  if (expected.site === null || sha256Hex(reading.siteKey) !== expected.site.siteKeySha256) {
    throw new Fault('token.site-mismatch', `the token is for another site of ${host}`);
  }
}

export function openStoredAssignment(envelope: string): Assignment {
  const { payload } = JSON.parse(envelope) as { payload: string };
  return assignmentSchema.parse(JSON.parse(Buffer.from(payload, 'base64').toString('utf8')));
}

/** The assignment a device may act on now. Faults name what stands against it. */
async function actingAssignment(side: DeviceSide, device: KnownDevice, number: number): Promise<Assignment> {
  const scope = deviceScope(device);
  const row = await findDevice(side.store.read, scope, device.deviceId);
  const nowMs = side.clock.now();
  if (row === null) throw new Fault('enrol.not-enrolled', 'the console does not know this device');
  if (row.revoked_at !== null) throw new DeviceRevoked(device.deviceId, row.leaves_as);
  if (row.duplicate === 1) throw new Fault('identity.duplicate', 'two machines use this identity');
  if (row.pending === 1) throw new Fault('assignment.older', 'nobody has approved this device yet');
  const sinceChangeMs = row.fingerprint_changed_at === null ? twinWatchMs : nowMs - row.fingerprint_changed_at;
  if (sinceChangeMs < twinWatchMs) {
    const context = { retryAfterMs: twinWatchMs - sinceChangeMs };
    throw new Fault(
      'token.unavailable',
      'the hardware of this device changed; waiting whether the old one comes back',
      { context },
    );
  }
  const stored = await findAssignment(side.store.read, scope, device.deviceId);
  if (stored === null || stored.number !== number)
    throw new Fault('assignment.older', 'this is not the current assignment');
  if (stored.expires_at <= nowMs) throw new Fault('assignment.expired', 'the assignment has expired');
  const stale = stored.policy_version < side.memory.policyVersion(device.organisationId);
  if (stale) throw new Fault('assignment.older', 'a new assignment is ready; check in first');
  const assignment = openStoredAssignment(stored.envelope);
  if (assignment.mode !== 'deploy' || assignment.slot !== 'given')
    throw new Fault('assignment.older', 'installing is not allowed now');
  return assignment;
}

/**
 * Last of all, when the token is at hand: what was paused or halted while SentinelOne was asked gets none. Who got it is
 * noted in the same transaction (G21).
 */
async function takeSlot(side: DeviceSide, device: KnownDevice, siteId: string): Promise<void> {
  const nowMs = side.clock.now();
  const scope = deviceScope(device);
  const { deviceId: subject, organisationId } = device;
  const entry = { at: nowMs, actor: scope.actor, action: 'site-token.handed-out', subject, organisationId };
  const used = await side.store.write(async (db) => {
    if (!(await useSlot(db, scope, device.deviceId, nowMs))) return false;
    await appendAudit(db, side.sealer.subkey('audit'), { ...entry, detail: { siteId } });
    return true;
  });
  if (!used) throw new Fault('assignment.older', 'it is not the turn of this device any more');
}

/**
 * SentinelOne says that it is for the mapped site, of a pinned console, but its key is another than the one that was
 * signed for: somebody has regenerated it there. Devices are told the new one, and come again with that.
 */
async function takeNewKey(side: DeviceSide, mapping: MappingRow, token: string): Promise<void> {
  const reading = readSiteToken(token);
  if (!reading.ok) return;
  const { organisation_id: organisationId, site_id: subject } = mapping;
  const scope = consoleScope('site-token-renewed');
  const entry = {
    at: side.clock.now(),
    actor: scope.actor,
    action: 'site-token.renewed',
    subject,
    organisationId,
    detail: {},
  };
  await side.store.write(async (db) => {
    if (!(await changeSiteKey(db, scope, mapping, sha256Hex(reading.siteKey)))) return;
    await raisePolicyVersion(db, scope, organisationId);
    await appendAudit(db, side.sealer.subkey('audit'), entry);
  });
  await policyChanged(side);
}

export async function sealedSiteToken(
  side: DeviceSide,
  device: KnownDevice,
  assignmentNumber: number,
): Promise<{ sealed: string }> {
  const assignment = await actingAssignment(side, device, assignmentNumber);
  const mapping = await findMapping(side.store.read, deviceScope(device), device.organisationId);
  if (mapping === null || assignment.site === null)
    throw new Fault('token.unavailable', 'no site is chosen for the organisation');
  const { connection_id: connectionId, site_id: siteId, group_id: groupId } = mapping;
  const token = await side.siteTokens.read({ connectionId, siteId, groupId });
  try {
    judgeToken(token, { vendorHosts: side.keys.current().keySet.vendorHosts, site: assignment.site });
  } catch (error) {
    const place = { connectionId, siteId, groupId };
    const other = error instanceof Fault && error.code === 'token.site-mismatch';
    if (other && (await side.siteTokens.belongs?.(place, token).catch(() => false)) === true)
      await takeNewKey(side, mapping, token);
    throw error;
  }
  await takeSlot(side, device, siteId);
  return { sealed: seal(device.sealingKey, `site-token:${device.deviceId}:${assignmentNumber}`, Buffer.from(token)) };
}
