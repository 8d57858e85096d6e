/** An organisation leaves: its install keys end at once, and each device is told to leave when it calls, so many an hour (G19). */
import { Fault } from '#protocol/codes.ts';
import type { Offboarding, OffboardingPreview } from '#console/api/offboarding.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import { consoleScope, type Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { addSigned } from '#console/fleet/link/commands.ts';
import { stopInstalling } from '#console/fleet/deployment/deployment-control.ts';
import type { KnownDevice } from '#console/fleet/link/device-memory.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import { iso, isoOrNull, overdueAfterMs } from '#console/fleet/lists/shown.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { pendingCommands } from '#console/store/devices/commands.ts';
import { findDevice, holdDevice } from '#console/store/devices/devices.ts';
import { revokeKeysOf } from '#console/store/enrolment/enrolment-keys.ts';
import {
  addOffboarding,
  devicesLeft,
  endOffboarding,
  listOffboardings,
  runningOffboarding,
  runningOffboardings,
  takeOrder,
  type OffboardingRow,
} from '#console/store/enrolment/offboardings.ts';
import { findOrganisation } from '#console/store/organisations.ts';
import { demand } from '#console/store/scoped.ts';
import { isUniqueViolation, type Db } from '#console/store/store.ts';

/** Which organisations leave, as this process knows; the rows decide. */
export interface Leaving {
  has(organisationId: string): boolean;
  /** Reads it again; answers the organisations whose devices may be told now. */
  reload(): Promise<readonly string[]>;
}

export function createLeaving(read: Db): Leaving {
  const scope = consoleScope('leaving');
  let organisations = new Set<string>();
  return {
    has: (organisationId) => organisations.has(organisationId),
    async reload() {
      organisations = new Set((await runningOffboardings(read, scope)).map((row) => row.organisation_id));
      return [...organisations];
    },
  };
}

async function audit(
  side: DeviceSide,
  db: Db,
  row: OffboardingRow,
  { actor, action }: { readonly actor: string; readonly action: string },
): Promise<void> {
  await appendAudit(db, side.sealer.subkey('audit'), {
    at: side.clock.now(),
    actor,
    action,
    subject: row.organisation_id,
    organisationId: row.organisation_id,
    detail: { devices: row.devices, perHourMax: row.per_hour_max, removeService: row.remove_service === 1 },
  });
}

async function organisationOf(db: Db, scope: Scope, organisationId: string): Promise<void> {
  if ((await findOrganisation(db, scope, organisationId)) === null)
    throw new Fault('not-found', 'there is no such organisation');
}

export async function previewOffboarding(
  side: DeviceSide,
  scope: Scope,
  organisationId: string,
): Promise<OffboardingPreview> {
  const { read } = side.store;
  await organisationOf(read, scope, organisationId);
  const counted = await devicesLeft(read, scope, organisationId, side.clock.now() - overdueAfterMs);
  return { ...counted, running: (await runningOffboarding(read, scope, organisationId)) !== null };
}

export interface OffboardingWanted {
  readonly organisationId: string;
  /** As the preview said. */
  readonly devices: number;
  readonly perHourMax: number;
  readonly removeService: boolean;
}

/** Fault `request.conflict` when it runs already or the count is another now. */
export async function startOffboarding(
  side: DeviceSide,
  who: SignedInOperator,
  wanted: OffboardingWanted,
): Promise<void> {
  const { organisationId } = wanted;
  const { scope } = who;
  const nowMs = side.clock.now();
  try {
    await side.store.write(async (db) => {
      await organisationOf(db, scope, organisationId);
      const { devices } = await devicesLeft(db, scope, organisationId, 0);
      if (devices !== wanted.devices) throw new Fault('request.conflict', `now ${devices} devices would leave`);
      const row: OffboardingRow = {
        offboarding_id: newId('off'),
        organisation_id: organisationId,
        state: devices === 0 ? 'done' : 'running',
        remove_service: wanted.removeService ? 1 : 0,
        per_hour_max: wanted.perHourMax,
        devices,
        started_at: nowMs,
        started_by: who.operator.name,
        ended_at: devices === 0 ? nowMs : null,
        ended_by: devices === 0 ? who.operator.name : null,
      };
      await addOffboarding(db, scope, row);
      await revokeKeysOf(db, scope, organisationId, nowMs);
      // Nothing is installed any more on devices that are about to leave.
      await stopInstalling({ db, scope, nowMs }, organisationId, 'paused');
      await audit(side, db, row, { actor: scope.actor, action: 'offboarding.started' });
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Fault('request.conflict', 'this organisation is leaving already', { cause: error });
  }
  await tellLeaving(side);
  await policyChanged(side);
}

/** No device is told any more; those that have left stay away, and the install keys stay revoked. */
export async function cancelOffboarding(
  side: DeviceSide,
  who: SignedInOperator,
  organisationId: string,
): Promise<void> {
  demand(who.scope, organisationId);
  const nowMs = side.clock.now();
  await side.store.write(async (db) => {
    const row = await runningOffboarding(db, who.scope, organisationId);
    if (row === null) throw new Fault('request.conflict', 'this organisation is not leaving');
    const end = { state: 'cancelled', atMs: nowMs, by: who.operator.name } as const;
    await endOffboarding(db, who.scope, row.offboarding_id, end);
    // Orders that were given and not carried out are void.
    await db
      .updateTable('commands')
      .set({ expires_at: nowMs })
      .where('organisation_id', '=', organisationId)
      .where('verb', '=', 'unenrol')
      .where('executed_at', 'is', null)
      .where('expires_at', '>', nowMs)
      .execute();
    await audit(side, db, row, { actor: who.scope.actor, action: 'offboarding.cancelled' });
  });
  await tellLeaving(side);
}

/** Wakes devices that hold a request, here and in other processes. */
async function tellLeaving(side: DeviceSide): Promise<void> {
  for (const organisationId of await side.leaving.reload()) side.waiters.wakeAll(organisationId, 'command', 2_000);
  void side.store.announce('leaving:all');
}

/**
 * The order to leave, for a device that calls: signed for it alone, once, and only while its organisation leaves and this
 * hour has one to give. One that waits already is not doubled.
 */
export async function orderToLeave(side: DeviceSide, device: KnownDevice): Promise<void> {
  const scope = consoleScope('offboarding');
  const nowMs = side.clock.now();
  await side.store.write(async (db) => {
    await holdDevice(db, scope, device.deviceId);
    const row = await findDevice(db, scope, device.deviceId);
    if (row === null || row.revoked_at !== null) return;
    const offboarding = await runningOffboarding(db, scope, row.organisation_id);
    if (offboarding === null) return;
    const pending = await pendingCommands(db, scope, row.device_id, { after: 0, nowMs, limit: 100 });
    if (pending.some((command) => command.verb === 'unenrol')) return;
    if (!(await takeOrder(db, offboarding, row.device_id, nowMs))) return;
    const more = { removeService: offboarding.remove_service === 1 };
    const asked = { verb: 'unenrol', by: offboarding.started_by, more } as const;
    await addSigned(side, db, scope, { ...row, asked });
  });
}

/** A device said that it has left: written down, and the last one ends the offboarding. */
export async function noteLeft(
  side: DeviceSide,
  db: Db,
  scope: Scope,
  device: { readonly deviceId: string; readonly organisationId: string; readonly hostname: string },
): Promise<void> {
  const nowMs = side.clock.now();
  const { organisationId } = device;
  await appendAudit(db, side.sealer.subkey('audit'), {
    at: nowMs,
    actor: scope.actor,
    action: 'device.left',
    subject: device.deviceId,
    organisationId,
    detail: { hostname: device.hostname },
  });
  const running = await runningOffboarding(db, scope, organisationId);
  if (running === null || (await devicesLeft(db, scope, organisationId, 0)).devices > 0) return;
  if (await endOffboarding(db, scope, running.offboarding_id, { state: 'done', atMs: nowMs, by: '' }))
    await audit(side, db, running, { actor: 'console:offboarding', action: 'offboarding.done' });
}

export async function shownOffboardings(side: DeviceSide, scope: Scope): Promise<Offboarding[]> {
  const { read } = side.store;
  const rows = await listOffboardings(read, scope);
  const silentBeforeMs = side.clock.now() - overdueAfterMs;
  return Promise.all(
    rows.map(async (row) => {
      const left =
        row.state === 'running'
          ? await devicesLeft(read, scope, row.organisation_id, silentBeforeMs)
          : { devices: 0, silent: 0 };
      return {
        organisationId: row.organisation_id,
        organisationName: row.organisation_name,
        state: row.state === 'running' || row.state === 'cancelled' ? row.state : ('done' as const),
        devices: Math.max(row.devices, left.devices),
        remaining: left.devices,
        silent: left.silent,
        perHourMax: row.per_hour_max,
        removeService: row.remove_service === 1,
        startedAt: iso(row.started_at),
        startedBy: row.started_by,
        endedAt: isoOrNull(row.ended_at),
      };
    }),
  );
}
