/** Ends a device's identity: tokens, held requests and what it could still fetch (G24). */
import type { Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { appendAudit } from '#console/store/audit.ts';
import { revokeDevice, type DeviceRecord } from '#console/store/devices.ts';

export async function revoke(side: DeviceSide, scope: Scope, device: DeviceRecord): Promise<void> {
  const nowMs = side.clock.now();
  await side.store.write(async (db) => {
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
  side.memory.forget(device.device_id);
  side.waiters.wake(device.device_id, 'revoked');
  void side.store.announce(`revoked:${device.device_id}`);
  side.hint({ topic: 'device', id: device.device_id, organisationId: device.organisation_id });
}
