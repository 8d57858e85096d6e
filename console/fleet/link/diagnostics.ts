/** Takes diagnostics from devices and hands them to operators. What lies here is sealed with the console's own key (G18). */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { decrypt, encrypt, unseal } from '#protocol/crypto.ts';
import { limits } from '#protocol/limits.ts';
import { diagnosticsPurpose } from '#protocol/messages.ts';
import { diagnosticsDaysKept } from '#console/api/diagnostics.ts';
import { consoleScope, deviceScope, type Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import type { KnownDevice } from '#console/fleet/link/device-memory.ts';
import { findCommand } from '#console/store/devices/commands.ts';
import { addArchive, findArchive, removeOldArchives } from '#console/store/devices/diagnostics.ts';

export const archiveKeptMs = diagnosticsDaysKept * 86_400_000;

/** Of the sealing: a public key, a nonce and a tag. */
export const sealedBytesMax = limits.diagnosticsBytesMax + 60;

function atRest(side: DeviceSide, deviceId: string, commandId: string) {
  const associated = JSON.stringify(['garrison-diagnostics-v1', deviceId, commandId]);
  return { key: side.sealer.subkey('diagnostics'), associated };
}

/** The command must be this device's own, asked for and not over. Faults `not-found`, `request.conflict`, `request.invalid`. */
export async function takeArchive(
  side: DeviceSide,
  device: KnownDevice,
  commandId: string,
  sealed: Buffer,
): Promise<void> {
  const { deviceId, organisationId } = device;
  const scope = deviceScope(device);
  const command = await findCommand(side.store.read, scope, { deviceId, commandId });
  if (command?.verb !== 'diagnose') throw new Fault('not-found', 'no diagnostics were asked for under this id');
  const nowMs = side.clock.now();
  if (command.expires_at <= nowMs || command.executed_at !== null)
    throw new Fault('request.conflict', 'these diagnostics are not waited for any more');
  const purpose = diagnosticsPurpose(deviceId, commandId);
  const archive = unseal(side.keys.current().sealing.privateKey, purpose, sealed.toString('base64url'));
  if (archive === null || archive.length > limits.diagnosticsBytesMax)
    throw new Fault('request.invalid', 'the archive was not sealed to this console');
  const kept = encrypt({ ...atRest(side, deviceId, commandId), nonce: randomBytes(12) }, archive);
  const row = {
    command_id: commandId,
    device_id: deviceId,
    organisation_id: organisationId,
    arrived_at: nowMs,
    size_bytes: archive.length,
    sealed: kept.toString('base64'),
  };
  // Sent once more because the answer was lost: the first one stays.
  await side.store.write((db) => addArchive(db, scope, row));
  side.hint({ topic: 'device', id: deviceId, organisationId });
}

/** null: not there, foreign or too old. Fault `internal` when it was altered. */
export async function openArchive(
  side: DeviceSide,
  within: Scope,
  key: { readonly deviceId: string; readonly commandId: string },
): Promise<Buffer | null> {
  const row = await findArchive(side.store.read, within, key);
  if (row === null || row.arrived_at + archiveKeptMs <= side.clock.now()) return null;
  const archive = decrypt(atRest(side, row.device_id, row.command_id), Buffer.from(row.sealed, 'base64'));
  if (archive === null) throw new Fault('internal', 'the diagnostics were altered, or sealed with another key file');
  return archive;
}

export async function forgetArchives(side: DeviceSide): Promise<void> {
  const scope = consoleScope('diagnostics');
  await side.store.write((db) => removeOldArchives(db, scope, side.clock.now() - archiveKeptMs));
}
