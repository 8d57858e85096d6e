/** What a connection remembers of its API token's life, and whether installing through it is stopped. */
import { sql, type Kysely } from 'kysely';

const columns = `
  ca_pem text, user_kind text, token_created_at bigint, token_next_sealed text, renewing_until bigint,
  renewal_started_at bigint, renewal_next_at bigint, renewal_problem text, renewed_at bigint, stopped_at bigint,
  agents_read_at bigint, packages_problem text
`;

export async function vendorAgentsMigration(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table vendor_agents (
        connection_id text not null, vendor_agent_id text not null, uuid text not null, device_id text,
        computer_name text not null, site_id text not null, agent_version text, is_active bigint not null,
        gone text not null, gone_since bigint, infected bigint not null, active_threats bigint not null,
        last_active_at bigint, scan_status text, mitigation_mode text, needs text not null, read_at bigint not null,
        put_back_at bigint, put_back_by text,
        primary key (connection_id, vendor_agent_id),
        foreign key (connection_id) references connections (connection_id),
        foreign key (device_id) references devices (device_id)
      )`,
    )
    .execute(db);
  await sql.raw('create index vendor_agents_by_device on vendor_agents (device_id)').execute(db);
  await sql.raw('create index vendor_agents_by_uuid on vendor_agents (connection_id, uuid)').execute(db);
}

export async function connectionsMigration(db: Kysely<unknown>): Promise<void> {
  for (const column of columns.split(',')) {
    await sql.raw(`alter table connections add column ${column.trim()}`).execute(db);
  }
  await sql.raw('alter table packages add column listed bigint').execute(db);
  await sql.raw('alter table packages add column fetching_until bigint').execute(db);
}
