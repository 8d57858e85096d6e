/** Commands are rows first; waking a device is only a hint. */
import type { Selectable, Updateable } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';
import type { CommandTable } from '#console/store/schema/tables.ts';

export type CommandRow = Selectable<CommandTable>;

/**
 * Position of a new command of a device: above every earlier one and not below the clock, so that a console restored from
 * an older backup does not count where devices have been already.
 */
export async function nextPosition(db: Db, scope: Scope, deviceId: string, nowMs: number): Promise<number> {
  const row = await db
    .selectFrom('commands')
    .select((select) => select.fn.max('position').as('last'))
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return Math.max(Number(row?.last ?? 0) + 1, nowMs);
}

export async function addCommand(db: Db, scope: Scope, row: CommandRow): Promise<void> {
  demand(scope, row.organisation_id);
  await db.insertInto('commands').values(row).execute();
}

/** Not carried out and not expired, above `after`, in order. */
export async function pendingCommands(
  db: Db,
  scope: Scope,
  deviceId: string,
  from: { readonly after: number; readonly nowMs: number; readonly limit: number },
): Promise<CommandRow[]> {
  return db
    .selectFrom('commands')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('position', '>', from.after)
    .where('expires_at', '>', from.nowMs)
    .where('executed_at', 'is', null)
    .where(within(scope, 'organisation_id'))
    .orderBy('position')
    .limit(from.limit)
    .execute();
}

/** Devices with commands made since a position, for the sweep. */
export async function devicesWithCommandsSince(db: Db, scope: Scope, position: number): Promise<string[]> {
  const rows = await db
    .selectFrom('commands')
    .select('device_id')
    .distinct()
    .where('position', '>=', position)
    .where(within(scope, 'organisation_id'))
    .execute();
  return rows.map((row) => row.device_id);
}

export async function findCommand(
  db: Db,
  scope: Scope,
  key: { readonly deviceId: string; readonly commandId: string },
): Promise<CommandRow | null> {
  const row = await db
    .selectFrom('commands')
    .selectAll()
    .where('device_id', '=', key.deviceId)
    .where('command_id', '=', key.commandId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

export async function changeCommand(
  db: Db,
  scope: Scope,
  key: { readonly deviceId: string; readonly commandId: string },
  change: Updateable<CommandTable>,
): Promise<void> {
  await db
    .updateTable('commands')
    .set(change)
    .where('device_id', '=', key.deviceId)
    .where('command_id', '=', key.commandId)
    .where(within(scope, 'organisation_id'))
    .execute();
}

export async function listCommands(
  db: Db,
  scope: Scope,
  deviceId: string,
  page: { readonly verbs: readonly string[]; readonly limit: number },
): Promise<CommandRow[]> {
  return db
    .selectFrom('commands')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('verb', 'in', [...page.verbs])
    .where(within(scope, 'organisation_id'))
    .orderBy('position', 'desc')
    .limit(page.limit)
    .execute();
}
