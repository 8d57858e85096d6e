import { sql, type Kysely } from 'kysely';

/** For the lists of what happened: by organisation from the newest, and what a device was done. */
export async function activityMigration(db: Kysely<unknown>): Promise<void> {
  const statements = [
    'create index events_by_organisation on events (organisation_id, event_id)',
    'create index audit_by_organisation on audit (organisation_id, number)',
    'create index audit_by_subject on audit (subject, number)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
