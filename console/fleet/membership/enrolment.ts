/** How a device comes in, and how it proves afterwards that it is still the same one. */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { equal, sha256Hex, unseal, verify } from '#protocol/crypto.ts';
import { enrolBytes, type EnrolRequest, type EnrolResponse } from '#protocol/messages.ts';
import { consoleScope, type Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { machineColumns, neverReportedRank } from '#console/fleet/link/report-row.ts';
import { DeviceRevoked } from '#console/problems.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import {
  addDevice,
  findDeviceByFingerprint,
  findDeviceByKey,
  type DeviceRecord,
} from '#console/store/devices/devices.ts';
import { findEnrolmentKey, useEnrolmentKey, type EnrolmentKeyRow } from '#console/store/enrolment/enrolment-keys.ts';
import { findOrganisation } from '#console/store/organisations.ts';
import type { Db } from '#console/store/store.ts';

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(16).toString('base64url').replaceAll('-', 'a').replaceAll('_', 'b')}`;
}

const refused = (): Fault => new Fault('enrol.key-refused', 'the install key is unknown, expired, used up or revoked');

/** The key the request proves to know; the same refusal whatever was wrong with it. */
async function provenKey(db: Db, scope: Scope, side: DeviceSide, request: EnrolRequest): Promise<EnrolmentKeyRow> {
  const bytes = Buffer.from(enrolBytes(request));
  if (!verify(request.signingKey, bytes, Buffer.from(request.signature, 'base64url'))) {
    throw new Fault('request.invalid', 'the signature does not belong to the signing key');
  }
  const { sealing } = side.keys.current();
  const secret = unseal(sealing.privateKey, `enrol:${request.signingKey}`, request.sealedKey);
  const key = await findEnrolmentKey(db, scope, request.keyId);
  if (secret === null || key === null) throw refused();
  if (!equal(Buffer.from(sha256Hex(secret)), Buffer.from(key.secret_sha256))) throw refused();
  return key;
}

async function newDevice(
  db: Db,
  scope: Scope,
  request: EnrolRequest,
  { key, nowMs }: { readonly key: EnrolmentKeyRow; readonly nowMs: number },
): Promise<DeviceRecord> {
  const twin = await findDeviceByFingerprint(db, scope, request.fingerprint);
  const replaces = twin?.organisation_id === key.organisation_id ? twin.device_id : null;
  const machine = machineColumns(request.machine);
  const row: DeviceRecord = {
    device_id: newId('dev'),
    organisation_id: key.organisation_id,
    signing_key: request.signingKey,
    sealing_key: request.sealingKey,
    fingerprint: request.fingerprint,
    previous_fingerprint: null,
    fingerprint_changed_at: null,
    duplicate: 0,
    generation: 1,
    revoked_at: null,
    enrolled_at: nowMs,
    enrolment_key_id: key.key_id,
    pending: key.approval,
    retired_at: null,
    identity_changed_at: null,
    leaves_as: null,
    replaces_device_id: replaces,
    hostname: '',
    hostname_folded: '',
    os: request.machine.os,
    os_name: '',
    os_version: '',
    architecture: request.machine.architecture,
    target: request.machine.target,
    kind: request.machine.product,
    ...machine,
    agent_version: request.agentVersion,
    product_version: null,
    agent_uuid: null,
    test_trust: request.testTrust ? 1 : 0,
    state_kind: null,
    state_rank: neverReportedRank,
    cause: null,
    last_seen_at: nowMs,
    reporting: 1,
    vendor_record: 'none',
  } as DeviceRecord;
  await addDevice(db, scope, row);
  return row;
}

/** Idempotent per signing key; one use of the install key per new device. */
export async function enrol(side: DeviceSide, request: EnrolRequest): Promise<EnrolResponse> {
  const scope = consoleScope('enrol');
  const nowMs = side.clock.now();
  const { device, organisationName } = await side.store.write(async (db) => {
    const key = await provenKey(db, scope, side, request);
    const organisation = await findOrganisation(db, scope, key.organisation_id);
    const organisationName = organisation?.name ?? '';
    const known = await findDeviceByKey(db, scope, request.signingKey);
    if (known !== null) {
      if (known.revoked_at !== null) throw new DeviceRevoked(known.device_id, known.leaves_as);
      if (known.organisation_id !== key.organisation_id) throw refused();
      return { device: known, organisationName };
    }
    if (!(await useEnrolmentKey(db, scope, key.key_id, nowMs))) throw refused();
    const device = await newDevice(db, scope, request, { key, nowMs });
    await appendAudit(db, side.sealer.subkey('audit'), {
      at: nowMs,
      actor: `install-key:${key.key_id}`,
      action: 'device.enrolled',
      subject: device.device_id,
      organisationId: device.organisation_id,
      detail: { hostname: device.hostname, replaces: device.replaces_device_id, waits: device.pending === 1 },
    });
    return { device, organisationName };
  });
  side.hint({ topic: 'device', id: device.device_id, organisationId: device.organisation_id });
  const { consoleId, keySetEnvelope } = side.keys.current();
  return {
    deviceId: device.device_id,
    consoleId,
    organisationId: device.organisation_id,
    organisationName,
    keySet: keySetEnvelope,
  };
}
