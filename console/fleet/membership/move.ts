/** Moving devices to another organisation: counted first, then done to exactly as many. */
import { Fault } from '#protocol/codes.ts';
import { deploymentModeSchema } from '#protocol/words.ts';
import { massMax, type MovePreview, type WhichDevices } from '#console/api/device-decisions.ts';
import type { Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { chosenDevices } from '#console/fleet/lists/chosen-devices.ts';
import { tellIdentityChanged } from '#console/fleet/membership/identity.ts';
import { endSlot } from '#console/fleet/deployment/slots.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { moveDevice } from '#console/store/devices/device-identity.ts';
import { findDevice, type DeviceRecord } from '#console/store/devices/devices.ts';
import { exceptionsOfDevices } from '#console/store/devices/exceptions.ts';
import { findMapping } from '#console/store/sentinelone/mappings.ts';
import { runningOffboarding } from '#console/store/enrolment/offboardings.ts';
import { findOrganisation, type OrganisationRow } from '#console/store/organisations.ts';
import { findSlot } from '#console/store/deployments/slots.ts';
import type { Db } from '#console/store/store.ts';

export interface MoveWanted {
  readonly which: WhichDevices;
  readonly organisationId: string;
}

interface Gathered {
  readonly preview: MovePreview;
  readonly devices: readonly DeviceRecord[];
}

async function target(db: Db, scope: Scope, organisationId: string): Promise<OrganisationRow> {
  const organisation = await findOrganisation(db, scope, organisationId);
  if (organisation === null) throw new Fault('not-found', 'there is no such organisation');
  if ((await runningOffboarding(db, scope, organisationId)) !== null)
    throw new Fault('request.conflict', 'this organisation is leaving; no device comes in any more');
  return organisation;
}

async function gather(side: DeviceSide, scope: Scope, wanted: MoveWanted): Promise<Gathered> {
  const { read } = side.store;
  const to = await target(read, scope, wanted.organisationId);
  const counts = { matching: 0, there: 0, left: 0, installing: 0 };
  const devices: DeviceRecord[] = [];
  await chosenDevices(read, scope, { which: wanted.which, nowMs: side.clock.now() }, (row) => {
    counts.matching += 1;
    if (row.organisation_id === wanted.organisationId) counts.there += 1;
    else if (row.state_kind === 'installing') counts.installing += 1;
    else if (devices.length < massMax) devices.push(row);
    else counts.left += 1;
  });
  const mapping = await findMapping(read, scope, wanted.organisationId);
  const preview: MovePreview = {
    ...counts,
    moves: devices.length,
    to: {
      organisationName: to.name,
      mode: deploymentModeSchema.catch('watch').parse(to.mode),
      siteName: mapping?.site_name ?? null,
    },
    withProduct: devices.filter((row) => row.product_version !== null).length,
    exceptions: await exceptionsOfDevices(
      read,
      scope,
      devices.map((row) => row.device_id),
      side.clock.now(),
    ),
  };
  return { preview, devices };
}

export async function previewMove(side: DeviceSide, scope: Scope, wanted: MoveWanted): Promise<MovePreview> {
  return (await gather(side, scope, wanted)).preview;
}

/** False: it was removed, moved or began to install meanwhile. */
async function moveOne(side: DeviceSide, scope: Scope, device: DeviceRecord, to: string): Promise<boolean> {
  const nowMs = side.clock.now();
  return side.store.write(async (db) => {
    const row = await findDevice(db, scope, device.device_id);
    if (row === null || row.revoked_at !== null || row.organisation_id !== device.organisation_id) return false;
    const slot = await findSlot(db, scope, row.device_id);
    // A token went out with it: its install belongs to the organisation it began in.
    if (slot?.state === 'open' && slot.token_at !== null) return false;
    if (slot?.state === 'open') await endSlot({ db, scope, nowMs }, slot, { state: 'released', cause: null });
    const move = { deviceId: row.device_id, from: row.organisation_id, to, nowMs };
    if (!(await moveDevice(db, side.store, scope, move))) return false;
    for (const organisationId of [row.organisation_id, to])
      await appendAudit(db, side.sealer.subkey('audit'), {
        at: nowMs,
        actor: scope.actor,
        action: 'device.moved',
        subject: row.device_id,
        organisationId,
        detail: { hostname: row.hostname, from: row.organisation_id, to },
      });
    return true;
  });
}

/** Moves exactly as many as were announced, or none. Answers how many were moved; what began to install meanwhile stays. */
export async function move(side: DeviceSide, scope: Scope, wanted: MoveWanted, devices: number): Promise<number> {
  const gathered = await gather(side, scope, wanted);
  if (gathered.devices.length !== devices)
    throw new Fault('request.conflict', `now ${gathered.devices.length} devices would move`);
  let moved = 0;
  for (const device of gathered.devices) {
    if (!(await moveOne(side, scope, device, wanted.organisationId))) continue;
    moved += 1;
    tellIdentityChanged(side, { deviceId: device.device_id, organisationId: device.organisation_id });
    side.hint({ topic: 'device', id: device.device_id, organisationId: wanted.organisationId });
  }
  return moved;
}
