/** Ends a device's identity: tokens, held requests and what it could still fetch (G24); and proves that to the device. */
import type { Command } from '#protocol/commands.ts';
import { signEnvelope, type Envelope } from '#protocol/envelope.ts';
import { Fault } from '#protocol/codes.ts';
import type { Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { removedByHandSince } from '#console/store/enrolment/offboardings.ts';
import { revokeDevice, type DeviceRecord } from '#console/store/devices/devices.ts';

/** What one hour may lose by single presses, whoever presses (G19); a whole organisation leaves by its own way. */
export const removalsPerHourMax = 200;

export async function revoke(side: DeviceSide, scope: Scope, device: DeviceRecord): Promise<void> {
  const nowMs = side.clock.now();
  await side.store.write(async (db) => {
    if ((await removedByHandSince(db, nowMs - 3_600_000)) >= removalsPerHourMax)
      throw new Fault(
        'rate-limited',
        `${removalsPerHourMax} devices were removed within the hour; offboard the organisation instead`,
        {
          context: { retryAfterMs: 600_000 },
        },
      );
    if (!(await revokeDevice(db, scope, device.device_id, nowMs))) return;
    await appendAudit(db, side.sealer.subkey('audit'), {
      at: nowMs,
      actor: scope.actor,
      action: 'device.revoked',
      subject: device.device_id,
      organisationId: device.organisation_id,
      detail: { hostname: device.hostname },
    });
  });
  tellRevoked(side, device);
}

export function tellRevoked(side: DeviceSide, device: DeviceRecord): void {
  side.memory.forget(device.device_id);
  side.waiters.wake(device.device_id, 'revoked');
  void side.store.announce(`revoked:${device.device_id}`);
  side.hint({ topic: 'device', id: device.device_id, organisationId: device.organisation_id });
}

const proofLifetimeMs = 3_600_000;

/** The command to give the identity up, made anew for each answer: a device believes no answer that merely says so. */
export function signRevocation(
  side: DeviceSide,
  { deviceId, leavesAs }: { readonly deviceId: string; readonly leavesAs: string | null },
): Envelope {
  const nowMs = side.clock.now();
  const { consoleId, epoch, signing } = side.keys.current();
  const command: Command = {
    consoleId,
    deviceId,
    epoch,
    commandId: newId('cmd'),
    verb: 'unenrol',
    issuedAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + proofLifetimeMs).toISOString(),
    assignmentNumber: 0,
    ...(leavesAs === 'again' ? { enrolAgain: true } : {}),
  };
  return signEnvelope('command', command, [signing]);
}
