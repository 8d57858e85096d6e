/** What operators decide about who a device is (G14), and what the console notices by itself. */
import { Fault } from '#protocol/codes.ts';
import { deviceScope, type Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import type { KnownDevice } from '#console/fleet/link/device-memory.ts';
import { tellRevoked } from '#console/fleet/membership/revocation.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { changeIdentity } from '#console/store/devices/device-identity.ts';
import { changeDevice, findDevice, revokeDevice, type DeviceRecord } from '#console/store/devices/devices.ts';
import type { Db } from '#console/store/store.ts';

/** Every process forgets what it knew of the device and answers its held request: it comes again with a new session. */
export function tellIdentityChanged(side: DeviceSide, device: { deviceId: string; organisationId: string }): void {
  side.memory.forget(device.deviceId);
  side.waiters.wake(device.deviceId, 'check-in');
  void side.store.announce(`identity:${device.deviceId}`);
  side.hint({ topic: 'device', id: device.deviceId, organisationId: device.organisationId });
}

async function audit(work: Work, device: DeviceRecord, deed: Deed): Promise<void> {
  const { side, db, scope } = work;
  await appendAudit(db, side.sealer.subkey('audit'), {
    at: side.clock.now(),
    actor: scope.actor,
    action: deed.action,
    subject: device.device_id,
    organisationId: device.organisation_id,
    detail: { hostname: device.hostname, ...deed.detail },
  });
}

interface Work {
  readonly side: DeviceSide;
  readonly db: Db;
  readonly scope: Scope;
}

interface Deed {
  readonly action: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Two machines are at work under this identity: from now on neither gets anything that is secret. */
export async function noteTwin(side: DeviceSide, device: KnownDevice): Promise<void> {
  const scope = deviceScope(device);
  await side.store.write(async (db) => {
    const row = await findDevice(db, scope, device.deviceId);
    if (row === null || row.duplicate === 1) return;
    const change = { duplicate: 1, identity_changed_at: side.clock.now() };
    await changeDevice(db, scope, row, change);
    await audit({ side, db, scope }, row, {
      action: 'device.duplicate-identity',
      detail: { seen: 'two sessions in turn' },
    });
  });
  device.duplicate = true;
  side.waiters.wake(device.deviceId, 'check-in');
  void side.store.announce(`identity:${device.deviceId}`);
  side.hint({ topic: 'device', id: device.deviceId, organisationId: device.organisationId });
}

async function change(
  side: DeviceSide,
  scope: Scope,
  device: DeviceRecord,
  { deed, columns }: { readonly deed: Deed; readonly columns: Parameters<typeof changeIdentity>[3] },
): Promise<void> {
  await side.store.write(async (db) => {
    if (!(await changeIdentity(db, scope, device.device_id, columns)))
      throw new Fault('request.conflict', 'the device was removed meanwhile');
    await audit({ side, db, scope }, device, deed);
  });
  tellIdentityChanged(side, { deviceId: device.device_id, organisationId: device.organisation_id });
}

/** Lets a device in that came with a key which asks for approval. */
export async function approve(side: DeviceSide, scope: Scope, device: DeviceRecord): Promise<void> {
  if (device.pending !== 1) throw new Fault('request.conflict', 'nothing is to be approved');
  const columns = { pending: 0, identity_changed_at: side.clock.now() };
  await change(side, scope, device, { deed: { action: 'device.approved' }, columns });
}

/** One machine after all: the other is gone. A second one that still lives is noticed again. */
async function keepAsOne(side: DeviceSide, scope: Scope, device: DeviceRecord): Promise<void> {
  const fresh = { duplicate: 0, previous_fingerprint: null, fingerprint_changed_at: null };
  const columns = { ...fresh, identity_changed_at: side.clock.now() };
  await change(side, scope, device, { deed: { action: 'device.one-machine' }, columns });
}

/** The identity ends; each machine that used it comes in anew by its install key, as a device of its own. */
async function separate(side: DeviceSide, scope: Scope, device: DeviceRecord): Promise<void> {
  const nowMs = side.clock.now();
  await side.store.write(async (db) => {
    await changeDevice(db, scope, device, { leaves_as: 'again' });
    if (!(await revokeDevice(db, scope, device.device_id, nowMs)))
      throw new Fault('request.conflict', 'the device was removed meanwhile');
    await audit({ side, db, scope }, device, { action: 'device.separated' });
  });
  tellRevoked(side, device);
}

/** The device took the place of an earlier one on the same hardware, which is retired. */
async function replace(side: DeviceSide, scope: Scope, device: DeviceRecord, oldId: string): Promise<void> {
  const nowMs = side.clock.now();
  const old = await side.store.write(async (db) => {
    const earlier = await findDevice(db, scope, oldId);
    await changeDevice(db, scope, device, { replaces_device_id: null });
    await audit({ side, db, scope }, device, { action: 'device.replaces', detail: { device: oldId } });
    if (earlier !== null) await changeIdentity(db, scope, oldId, { retired_at: nowMs, identity_changed_at: nowMs });
    return earlier;
  });
  if (old !== null) tellIdentityChanged(side, { deviceId: oldId, organisationId: old.organisation_id });
  side.hint({ topic: 'device', id: device.device_id, organisationId: device.organisation_id });
}

async function keepBoth(side: DeviceSide, scope: Scope, device: DeviceRecord): Promise<void> {
  await side.store.write(async (db) => {
    await changeDevice(db, scope, device, { replaces_device_id: null });
    await audit({ side, db, scope }, device, { action: 'device.new-device' });
  });
  side.hint({ topic: 'device', id: device.device_id, organisationId: device.organisation_id });
}

export type IdentityDecision = 'new-device' | 'replaces';

/** Two machines under one identity, or a second identity on one machine. Fault `request.conflict` when neither is so. */
export async function decide(
  side: DeviceSide,
  scope: Scope,
  device: DeviceRecord,
  decision: IdentityDecision,
): Promise<void> {
  if (device.duplicate === 1)
    return decision === 'new-device' ? separate(side, scope, device) : keepAsOne(side, scope, device);
  const oldId = device.replaces_device_id;
  if (oldId === null) throw new Fault('request.conflict', 'nothing is to be decided about this device');
  return decision === 'new-device' ? keepBoth(side, scope, device) : replace(side, scope, device, oldId);
}
