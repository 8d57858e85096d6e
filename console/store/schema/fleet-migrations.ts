/** What lists and counters of a hundred thousand devices need. */
import { sql, type Kysely } from 'kysely';

/**
 * `reporting` and `vendor_record` are kept by the console (`store/reporting.ts`, `store/vendor-standing.ts`) so that the one
 * index below holds everything that devices are filtered and counted by, in the order in which they are counted: no row is
 * opened for a counter. The time of the
 * last contact is not in it, because every contact would rewrite it.
 */
export async function deviceListMigration(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table devices add column reporting bigint not null default 1').execute(db);
  await sql.raw(`alter table devices add column vendor_record text not null default 'none'`).execute(db);
  await sql.raw('drop index devices_by_turn').execute(db);
  await sql
    .raw(
      `create index devices_by_turn on devices (organisation_id, state_kind, reporting, cause, os, vendor_record, kind,
       hostname_folded, device_id, state_rank, revoked_at) where revoked_at is null`,
    )
    .execute(db);
  await sql.raw('create index devices_silent on devices (last_seen_at) where reporting = 0').execute(db);
}
