/** Opens a device's session, and notices when one identity is used by two machines. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { signEnvelope } from '#protocol/envelope.ts';
import { limits } from '#protocol/limits.ts';
import { protocolVersion, type sessionRequest, type sessionResponse, type timeSchema } from '#protocol/messages.ts';
import { sessionMacKey, verifyTranscript } from '#protocol/session.ts';
import { deviceScope, type Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import type { KnownDevice } from '#console/fleet/link/device-memory.ts';
import { DeviceRevoked } from '#console/problems.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { changeDevice, findDevice, type DeviceRecord } from '#console/store/devices/devices.ts';
import type { Db } from '#console/store/store.ts';

export type SessionRequest = z.infer<typeof sessionRequest>;
export type SessionResponse = z.infer<typeof sessionResponse>;

/** After the hardware of an identity changed, secrets wait this long for the other machine to show itself. */
export const twinWatchMs = 2 * limits.checkInEveryMs;

interface FingerprintChange {
  readonly fingerprint: string;
  readonly previous_fingerprint: string | null;
  readonly fingerprint_changed_at: number;
  readonly duplicate: number;
}

/**
 * null: the same machine as before. One that comes back after another had used the identity proves two machines; a change
 * without return is new hardware under an old disk.
 */
export function fingerprintChange(
  row: Pick<DeviceRecord, 'fingerprint' | 'previous_fingerprint' | 'duplicate'>,
  fingerprint: string,
  nowMs: number,
): FingerprintChange | null {
  if (fingerprint === row.fingerprint) return null;
  const returned = row.previous_fingerprint === fingerprint;
  return {
    fingerprint,
    previous_fingerprint: row.fingerprint,
    fingerprint_changed_at: nowMs,
    duplicate: returned || row.duplicate === 1 ? 1 : 0,
  };
}

/** A device that was retired and calls is not gone: it is shown and counted again, and that is written down. */
async function comeBack(side: DeviceSide, db: Db, scope: Scope, row: DeviceRecord): Promise<void> {
  await changeDevice(db, scope, row, { retired_at: null });
  await appendAudit(db, side.sealer.subkey('audit'), {
    at: side.clock.now(),
    actor: scope.actor,
    action: 'device.came-back',
    subject: row.device_id,
    organisationId: row.organisation_id,
    detail: { hostname: row.hostname },
  });
}

async function noteFingerprint(side: DeviceSide, device: KnownDevice, fingerprint: string): Promise<void> {
  const scope = deviceScope(device);
  const nowMs = side.clock.now();
  const duplicate = await side.store.write(async (db) => {
    const row = await findDevice(db, scope, device.deviceId);
    if (row === null) return device.duplicate;
    if (row.retired_at !== null) await comeBack(side, db, scope, row);
    const change = fingerprintChange(row, fingerprint, nowMs);
    if (change === null) return row.duplicate === 1;
    await changeDevice(db, scope, row, { ...change });
    if (change.duplicate === 1 && row.duplicate === 0) {
      await appendAudit(db, side.sealer.subkey('audit'), {
        at: nowMs,
        actor: scope.actor,
        action: 'device.duplicate-identity',
        subject: device.deviceId,
        organisationId: device.organisationId,
        detail: { fingerprints: [change.previous_fingerprint, change.fingerprint] },
      });
    }
    return change.duplicate === 1;
  });
  if (duplicate !== device.duplicate) {
    device.duplicate = duplicate;
    side.hint({ topic: 'device', id: device.deviceId, organisationId: device.organisationId });
  }
}

function refuseProof(why: string): Fault {
  return new Fault('auth.session-expired', why);
}

/** Without proof a challenge, for known and unknown devices alike; with it the access token of an hour. */
export async function openSession(side: DeviceSide, request: SessionRequest): Promise<SessionResponse> {
  const nowMs = side.clock.now();
  const { deviceId, proof } = request;
  if (request.version > protocolVersion) throw new Fault('request.unsupported-version', 'newer than this console');
  if (proof === undefined) return { challenge: side.tokens.challenge(deviceId, nowMs) };
  if (!side.tokens.challengeHolds(proof.challenge, deviceId, nowMs))
    throw refuseProof('the challenge is not of the last minute');
  const device = await side.memory.know(deviceId);
  if (device === null) throw new Fault('enrol.not-enrolled', 'the console does not know this device');
  if (device.revoked) throw new DeviceRevoked(deviceId, device.leavesAs);
  const { consoleId, sealing, signing, keySet } = side.keys.current();
  const { challenge, ephemeralKey } = proof;
  const transcript = { consoleId, deviceId, challenge, ephemeralKey, consoleSealingKey: keySet.sealingKey };
  if (!verifyTranscript(transcript, device.signingKey, proof.signature))
    throw refuseProof('the proof is not signed by this device');
  await noteFingerprint(side, device, request.fingerprint);
  side.memory.seen(deviceId, nowMs);
  const macKey = sessionMacKey(transcript, sealing.privateKey, ephemeralKey);
  const expiresAtMs = nowMs + limits.sessionLifetimeMs;
  const time: z.infer<typeof timeSchema> = { consoleId, deviceId, now: new Date(nowMs).toISOString(), challenge };
  return {
    accessToken: side.tokens.issue({ deviceId, generation: device.generation, macKey, expiresAtMs }),
    expiresInMs: limits.sessionLifetimeMs,
    time: signEnvelope('time', time, [signing]),
  };
}
