/** Archives that devices have sent: one a command, sealed, in the database, so that every process of a console has them. */
import { sql, type Kysely } from 'kysely';
import type { Scope } from '#console/auth/scope.ts';
import { demand, within } from '#console/store/scoped.ts';
import type { Db } from '#console/store/store.ts';

export interface DiagnosticsTables {
  diagnostics: {
    command_id: string;
    device_id: string;
    /** Of the device when it sent it: whoever it belongs to later has no business with what was in it then. */
    organisation_id: string;
    arrived_at: number;
    /** Of the archive, before it was sealed. */
    size_bytes: number;
    /** Base64: a column of bytes is another thing in each database, and no line of a backup. */
    sealed: string;
  };
}

export type ArchiveRow = DiagnosticsTables['diagnostics'];
export type ArchiveEntry = Omit<ArchiveRow, 'sealed'>;

export async function diagnosticsMigration(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table diagnostics (
        command_id text not null, device_id text not null, organisation_id text not null, arrived_at bigint not null,
        size_bytes bigint not null, sealed text not null,
        primary key (command_id),
        foreign key (device_id) references devices (device_id) on delete cascade
      )`,
    )
    .execute(db);
  await sql.raw('create index diagnostics_by_device on diagnostics (device_id, arrived_at)').execute(db);
  await sql.raw('create index diagnostics_by_arrival on diagnostics (arrived_at)').execute(db);
}

const entry = ['command_id', 'device_id', 'organisation_id', 'arrived_at', 'size_bytes'] as const;

/** False when the command has one already. */
export async function addArchive(db: Db, scope: Scope, row: ArchiveRow): Promise<boolean> {
  demand(scope, row.organisation_id);
  const added = await db
    .insertInto('diagnostics')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return added.numInsertedOrUpdatedRows === 1n;
}

export async function listArchives(db: Db, scope: Scope, deviceId: string): Promise<ArchiveEntry[]> {
  return db
    .selectFrom('diagnostics')
    .select(entry)
    .where('device_id', '=', deviceId)
    .where(within(scope, 'organisation_id'))
    .orderBy('arrived_at', 'desc')
    .limit(50)
    .execute();
}

export async function findArchive(
  db: Db,
  scope: Scope,
  key: { readonly deviceId: string; readonly commandId: string },
): Promise<ArchiveRow | null> {
  const row = await db
    .selectFrom('diagnostics')
    .selectAll()
    .where('device_id', '=', key.deviceId)
    .where('command_id', '=', key.commandId)
    .where(within(scope, 'organisation_id'))
    .executeTakeFirst();
  return row ?? null;
}

/** A few at a time: each may weigh as much as a thousand reports. */
export async function removeOldArchives(db: Db, scope: Scope, beforeMs: number): Promise<void> {
  const old = db
    .selectFrom('diagnostics')
    .select('command_id')
    .where('arrived_at', '<', beforeMs)
    .where(within(scope, 'organisation_id'))
    .limit(20);
  await db.deleteFrom('diagnostics').where('command_id', 'in', old).execute();
}
