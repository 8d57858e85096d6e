/** Giving a device a command: a signed row first, then the hint that wakes it. */
import { signEnvelope } from '#protocol/envelope.ts';
import type { Command } from '#protocol/commands.ts';
import type { CommandVerb } from '#protocol/words.ts';
import type { Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { giveSlot } from '#console/fleet/deployment/slots.ts';
import { tellOutdated } from '#console/fleet/deployment/turns.ts';
import { findAssignment } from '#console/store/devices/assignments.ts';
import { addCommand, nextPosition, pendingCommands, type CommandRow } from '#console/store/devices/commands.ts';
import { addUpdate, type RolloutRow } from '#console/store/deployments/agent-rollouts.ts';
import { findDeployment } from '#console/store/deployments/deployments.ts';
import { findDevice, holdDevice, type DeviceRecord } from '#console/store/devices/devices.ts';
import type { Db } from '#console/store/store.ts';

/** A press that no device answers for this long is forgotten; the operator sees `expired`. */
const commandLifetimeMs: Readonly<Record<CommandVerb, number>> = {
  retry: 24 * 3_600_000,
  check: 24 * 3_600_000,
  cancel: 3_600_000,
  diagnose: 24 * 3_600_000,
  'update-self': 7 * 86_400_000,
  unenrol: 7 * 86_400_000,
};

interface Asked {
  readonly verb: CommandVerb;
  readonly by: string;
  /** Pressed for this one device: it need not wait for a slot, and it is how a fix is tried after a halt. */
  readonly outOfTurn?: boolean;
  /** Signed with it. */
  readonly more?: Pick<Command, 'removeService' | 'update'>;
}

/** A product that is there is not installed again, so it needs no slot. */
const withProduct = ['protected', 'degraded', 'not-protecting'];

async function giveItsTurn(db: Db, scope: Scope, device: DeviceRecord, nowMs: number): Promise<void> {
  const lost = device.cause === 'bare-after-failed-upgrade';
  if (withProduct.includes(device.state_kind ?? '') && !lost) return;
  const deployment = await findDeployment(db, scope, device.organisation_id);
  if (deployment === null || deployment.state === 'stopped') return;
  await giveSlot({ db, scope, nowMs }, device, deployment, true);
}

async function sameWaiting(
  db: Db,
  scope: Scope,
  device: DeviceRecord,
  { verb, nowMs }: { readonly verb: CommandVerb; readonly nowMs: number },
): Promise<CommandRow | null> {
  const rows = await pendingCommands(db, scope, device.device_id, { after: 0, nowMs, limit: 100 });
  return rows.find((row) => row.verb === verb) ?? null;
}

export async function addSigned(
  side: DeviceSide,
  db: Db,
  scope: Scope,
  device: DeviceRecord & { asked: Asked },
): Promise<CommandRow> {
  const nowMs = side.clock.now();
  const { verb, by } = device.asked;
  const { consoleId, epoch, signing } = side.keys.current();
  const expiresAtMs = nowMs + commandLifetimeMs[verb];
  const command: Command = {
    consoleId,
    deviceId: device.device_id,
    epoch,
    commandId: newId('cmd'),
    verb,
    issuedAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    assignmentNumber: verb === 'unenrol' ? 0 : ((await findAssignment(db, scope, device.device_id))?.number ?? 0),
    ...device.asked.more,
  };
  const row: CommandRow = {
    command_id: command.commandId,
    device_id: device.device_id,
    organisation_id: device.organisation_id,
    position: await nextPosition(db, scope, device.device_id, nowMs),
    verb,
    requested_at: nowMs,
    requested_by: by,
    expires_at: expiresAtMs,
    envelope: JSON.stringify(signEnvelope('command', command, [signing])),
    received_at: null,
    executed_at: null,
    result: null,
    fault: null,
  };
  await addCommand(db, scope, row);
  return row;
}

/** One that waits already is answered again, not doubled. */
export async function giveCommand(
  side: DeviceSide,
  scope: Scope,
  device: DeviceRecord,
  asked: Asked,
): Promise<CommandRow> {
  const row = await side.store.write(async (db) => {
    await holdDevice(db, scope, device.device_id);
    if (asked.verb === 'retry' && asked.outOfTurn === true) await giveItsTurn(db, scope, device, side.clock.now());
    const waiting = await sameWaiting(db, scope, device, { verb: asked.verb, nowMs: side.clock.now() });
    return waiting ?? addSigned(side, db, scope, { ...device, asked });
  });
  if (asked.outOfTurn === true) tellOutdated(side, [device.device_id]);
  side.waiters.wake(device.device_id, 'command');
  void side.store.announce(`command:${device.device_id}`);
  side.hint({ topic: 'device', id: device.device_id, organisationId: device.organisation_id });
  return row;
}

/** A device's part in a rollout and the command that tells it are one write; whoever comes second finds it done. */
export async function giveUpdate(side: DeviceSide, scope: Scope, rollout: RolloutRow, deviceId: string): Promise<void> {
  const { rollout_id: rolloutId, organisation_id: organisationId, version, manifest, downgrade } = rollout;
  const given = await side.store.write(async (db) => {
    const device = await findDevice(db, scope, deviceId);
    if (device === null || device.revoked_at !== null || device.organisation_id !== organisationId) return false;
    const part = { rollout_id: rolloutId, device_id: deviceId, organisation_id: organisationId, version };
    const now = { state: 'ordered', ordered_at: side.clock.now(), ended_at: null, fault: null };
    if (!(await addUpdate(db, scope, { ...part, ...now }))) return false;
    const update = { version, manifest, downgrade: downgrade === 1 };
    await addSigned(side, db, scope, {
      ...device,
      asked: { verb: 'update-self', by: rollout.started_by, more: { update } },
    });
    return true;
  });
  if (!given) return;
  side.waiters.wake(deviceId, 'command');
  void side.store.announce(`command:${deviceId}`);
}
