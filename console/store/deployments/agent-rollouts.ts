/** Rollouts of the agent's own versions, and each device's part in them. */
import type { Selectable, Updateable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import type { AgentRolloutTable, AgentUpdateTable } from '#console/store/schema/agent-rollout-tables.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';

export type RolloutRow = Selectable<AgentRolloutTable>;
export type UpdateRow = Selectable<AgentUpdateTable>;

export async function listRollouts(db: Db, scope: Scope): Promise<RolloutRow[]> {
  return db.selectFrom('agent_rollouts').selectAll().where(within(scope, 'organisation_id')).execute();
}

export async function findRollout(db: Db, scope: Scope, organisationId: string): Promise<RolloutRow | null> {
  const rows = db.selectFrom('agent_rollouts').selectAll().where('organisation_id', '=', organisationId);
  return (await rows.where(within(scope, 'organisation_id')).executeTakeFirst()) ?? null;
}

/** One an organisation: a new one takes the place of the last. */
export async function writeRollout(db: Db, scope: Scope, row: RolloutRow): Promise<void> {
  demand(scope, row.organisation_id);
  const { organisation_id: _, ...rest } = row;
  await db
    .insertInto('agent_rollouts')
    .values(row)
    .onConflict((conflict) => conflict.column('organisation_id').doUpdateSet(rest))
    .execute();
}

/** False when it is not (any more) as it was looked at. */
export async function changeRollout(
  db: Db,
  scope: Scope,
  seen: Pick<RolloutRow, 'rollout_id' | 'state' | 'step'>,
  change: Updateable<AgentRolloutTable>,
): Promise<boolean> {
  const result = await db
    .updateTable('agent_rollouts')
    .set(change)
    .where('rollout_id', '=', seen.rollout_id)
    .where('state', '=', seen.state)
    .where('step', '=', seen.step)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** False when the device has its part already. */
export async function addUpdate(db: Db, scope: Scope, row: UpdateRow): Promise<boolean> {
  demand(scope, row.organisation_id);
  const added = await db
    .insertInto('agent_updates')
    .values(row)
    .onConflict((conflict) => conflict.columns(['rollout_id', 'device_id']).doNothing())
    .executeTakeFirst();
  return added.numInsertedOrUpdatedRows === 1n;
}

/** What a device says of a version it was told; null: of whichever it was. */
export async function endUpdate(
  db: Db,
  scope: Scope,
  key: { readonly deviceId: string; readonly version: string | null },
  end: Pick<UpdateRow, 'state' | 'ended_at' | 'fault'>,
): Promise<void> {
  const open = db
    .updateTable('agent_updates')
    .set(end)
    .where('device_id', '=', key.deviceId)
    .where('state', '=', 'ordered')
    .where(within(scope, 'organisation_id'));
  await (key.version === null ? open : open.where('version', '=', key.version)).execute();
}

/** The newest that went wrong. */
export async function listFailedUpdates(db: Db, scope: Scope, limit: number) {
  return db
    .selectFrom('agent_updates')
    .innerJoin('devices', 'devices.device_id', 'agent_updates.device_id')
    .select(['agent_updates.device_id', 'hostname', 'agent_updates.organisation_id', 'version', 'fault', 'ended_at'])
    .where('agent_updates.state', 'in', ['failed', 'inconclusive'])
    .where(within(scope, 'agent_updates.organisation_id'))
    .orderBy('ended_at', 'desc')
    .limit(limit)
    .execute();
}

/** Versions that run, with how many devices. */
export async function countVersions(db: Db, scope: Scope): Promise<{ version: string; devices: number }[]> {
  const rows = await db
    .selectFrom('devices')
    .select(['agent_version', (select) => select.fn.countAll().as('devices')])
    .where('revoked_at', 'is', null)
    .where(within(scope, 'organisation_id'))
    .groupBy('agent_version')
    .execute();
  return rows.map((row) => ({ version: row.agent_version, devices: Number(row.devices) }));
}

export interface VersionedDevice {
  readonly device_id: string;
  readonly hostname: string;
  readonly agent_version: string;
  readonly last_seen_at: number;
  /** Of the rollout asked for; null: none yet. */
  readonly update_state: string | null;
}

/** Every device of an organisation, in the order in which they are told: ids are random, so the first ones are spread. */
export async function versionedDevices(
  db: Db,
  scope: Scope,
  organisationId: string,
  rolloutId: string,
): Promise<VersionedDevice[]> {
  demand(scope, organisationId);
  return db
    .selectFrom('devices')
    .leftJoin('agent_updates', (join) =>
      join.onRef('agent_updates.device_id', '=', 'devices.device_id').on('agent_updates.rollout_id', '=', rolloutId),
    )
    .select([
      'devices.device_id',
      'devices.hostname',
      'agent_version',
      'last_seen_at',
      'agent_updates.state as update_state',
    ])
    .where('devices.organisation_id', '=', organisationId)
    .where('revoked_at', 'is', null)
    .orderBy('devices.device_id')
    .execute();
}

/** When the newest device was told; null: none was. */
export async function lastOrderAt(db: Db, scope: Scope, rolloutId: string): Promise<number | null> {
  const row = await db
    .selectFrom('agent_updates')
    .select((select) => select.fn.max('ordered_at').as('at'))
    .where('rollout_id', '=', rolloutId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row?.at == null ? null : Number(row.at);
}
