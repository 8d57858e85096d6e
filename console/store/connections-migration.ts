/** What a connection remembers of its API token's life, and whether installing through it is stopped. */
import { sql, type Kysely } from 'kysely';

const columns = `
  ca_pem text, user_kind text, token_created_at bigint, token_next_sealed text, renewing_until bigint,
  renewal_started_at bigint, renewal_next_at bigint, renewal_problem text, renewed_at bigint, stopped_at bigint,
  agents_read_at bigint, packages_problem text
`;

export async function connectionsMigration(db: Kysely<unknown>): Promise<void> {
  for (const column of columns.split(',')) {
    await sql.raw(`alter table connections add column ${column.trim()}`).execute(db);
  }
  await sql.raw('alter table packages add column listed bigint').execute(db);
  await sql.raw('alter table packages add column fetching_until bigint').execute(db);
}
