import { sql, type Kysely } from 'kysely';

export async function alertsMigration(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `create table alerts (
      alert_id text not null, alert_key text not null, kind text not null, level text not null, cause text not null,
      subject_kind text not null, subject_id text not null, subject_name text not null, organisation_id text,
      detail text not null, stage text not null, since bigint not null, opened_at bigint not null,
      absent_since bigint, closed_at bigint, seen_at bigint, seen_by text,
      primary key (alert_id),
      foreign key (organisation_id) references organisations (organisation_id)
    )`,
    'create unique index alerts_open on alerts (alert_key) where closed_at is null',
    'create index alerts_by_time on alerts (opened_at, alert_id)',
    'create index alerts_by_subject on alerts (subject_kind, subject_id)',
    'create index alerts_by_end on alerts (closed_at) where closed_at is not null',
    'create table leases (name text not null, holder text not null, until bigint not null, primary key (name))',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
