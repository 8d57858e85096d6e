/** Retiring devices that are gone: kept with identity and history, shown and counted no more. One that calls is there again. */
import { Fault } from '#protocol/codes.ts';
import { massMax, type RetirePreview, type WhichDevices } from '#console/api/device-decisions.ts';
import type { Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { chosenDevices } from '#console/fleet/lists/chosen-devices.ts';
import { tellIdentityChanged } from '#console/fleet/membership/identity.ts';
import { overdueAfterMs } from '#console/fleet/lists/shown.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { changeIdentity } from '#console/store/devices/device-identity.ts';
import type { DeviceRecord } from '#console/store/devices/devices.ts';

interface Gathered {
  readonly preview: RetirePreview;
  readonly devices: readonly DeviceRecord[];
}

async function gather(side: DeviceSide, scope: Scope, which: WhichDevices): Promise<Gathered> {
  const nowMs = side.clock.now();
  const counts = { matching: 0, left: 0, reporting: 0 };
  const devices: DeviceRecord[] = [];
  await chosenDevices(side.store.read, scope, { which, nowMs }, (row) => {
    counts.matching += 1;
    const seenMs = Math.max(row.last_seen_at, side.memory.lastSeenMs(row.device_id) ?? 0);
    if (nowMs - seenMs <= overdueAfterMs) counts.reporting += 1;
    else if (devices.length < massMax) devices.push(row);
    else counts.left += 1;
  });
  return { preview: { ...counts, retires: devices.length }, devices };
}

export async function previewRetire(side: DeviceSide, scope: Scope, which: WhichDevices): Promise<RetirePreview> {
  return (await gather(side, scope, which)).preview;
}

async function mark(side: DeviceSide, scope: Scope, device: DeviceRecord, retired: boolean): Promise<boolean> {
  const nowMs = side.clock.now();
  const done = await side.store.write(async (db) => {
    const columns = { retired_at: retired ? nowMs : null, identity_changed_at: nowMs };
    if (!(await changeIdentity(db, scope, device.device_id, columns))) return false;
    await appendAudit(db, side.sealer.subkey('audit'), {
      at: nowMs,
      actor: scope.actor,
      action: retired ? 'device.retired' : 'device.brought-back',
      subject: device.device_id,
      organisationId: device.organisation_id,
      detail: { hostname: device.hostname },
    });
    return true;
  });
  if (done) tellIdentityChanged(side, { deviceId: device.device_id, organisationId: device.organisation_id });
  return done;
}

/** Retires exactly as many as were announced, or none. */
export async function retire(side: DeviceSide, scope: Scope, which: WhichDevices, devices: number): Promise<number> {
  const gathered = await gather(side, scope, which);
  if (gathered.devices.length !== devices)
    throw new Fault('request.conflict', `now ${gathered.devices.length} devices would be retired`);
  let retired = 0;
  for (const device of gathered.devices) if (await mark(side, scope, device, true)) retired += 1;
  return retired;
}

export async function bringBack(side: DeviceSide, scope: Scope, device: DeviceRecord): Promise<void> {
  if (device.retired_at === null) throw new Fault('request.conflict', 'the device is not retired');
  await mark(side, scope, device, false);
}
