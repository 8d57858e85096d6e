/** Schema of how devices come in and leave. A released step is never changed. */
import { sql, type Kysely } from 'kysely';

export async function installScriptsMigration(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      'create table install_scripts (sha256 text not null, text text not null, made_at bigint not null, primary key (sha256))',
    )
    .execute(db);
}

const added = [
  // Devices that come in with the key wait for an operator.
  'alter table enrolment_keys add column approval bigint not null default 0',
  'alter table devices add column pending bigint not null default 0',
  'alter table devices add column retired_at bigint',
  'alter table devices add column identity_changed_at bigint',
  'alter table devices add column leaves_as text',
  // Lists and counters know no retired devices: the index that answers them holds none.
  'drop index devices_by_turn',
  `create index devices_by_turn on devices (organisation_id, state_kind, reporting, cause, os, vendor_record, kind,
     hostname_folded, device_id, state_rank, revoked_at, retired_at) where revoked_at is null and retired_at is null`,
  'create index devices_identity_changed on devices (identity_changed_at) where identity_changed_at is not null',
  'create index devices_to_decide on devices (pending, duplicate) where pending = 1 or duplicate = 1',
];

/** Lists are narrowed by versions too. Both change seldom. */
const narrowedByVersion = [
  'drop index devices_by_turn',
  `create index devices_by_turn on devices (organisation_id, state_kind, reporting, cause, os, vendor_record, kind,
     hostname_folded, device_id, state_rank, agent_version, product_version, revoked_at, retired_at)
     where revoked_at is null and retired_at is null`,
];

export async function deviceVersionsMigration(db: Kysely<unknown>): Promise<void> {
  for (const statement of narrowedByVersion) await sql.raw(statement).execute(db);
}

export async function decisionsMigration(db: Kysely<unknown>): Promise<void> {
  for (const statement of added) await sql.raw(statement).execute(db);
}

/**
 * A device that moves takes its rows along, in whatever order: the keys that tie them to it are looked at when the move is
 * whole. SQLite can do that for any transaction; PostgreSQL is told once for every table there is, whichever step made it.
 */
export async function letDevicesMove(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `do $$ declare one record; begin
        for one in select conname, conrelid::regclass as its_table from pg_constraint
          where contype = 'f' and not condeferrable and confrelid = 'devices'::regclass
        loop
          execute format('alter table %s alter constraint %I deferrable initially immediate', one.its_table, one.conname);
        end loop;
      end $$`,
    )
    .execute(db);
}
