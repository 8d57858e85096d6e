import { sql, type Kysely } from 'kysely';

export async function notificationsMigration(db: Kysely<unknown>, kind: 'sqlite' | 'postgres'): Promise<void> {
  const outboxId =
    kind === 'sqlite'
      ? 'outbox_id integer primary key autoincrement'
      : 'outbox_id bigint generated always as identity primary key';
  const statements = [
    `create table notification_targets (
      target_id text not null, kind text not null, name text not null, address text not null, organisations text,
      muted text not null, secret_sealed text, secret_before_sealed text, secret_before_until bigint,
      created_at bigint not null, created_by text not null, paused_at bigint, busy_by text, busy_until bigint,
      tries bigint not null, next_at bigint, failing_since bigint, arrived_at bigint, last_answer text not null,
      primary key (target_id)
    )`,
    `create table outbox (
      ${outboxId}, target_id text not null, event_id text not null, alert_id text, organisation_id text,
      what text not null, about text not null, body text not null, created_at bigint not null, tries bigint not null,
      done_at bigint, result text, answer text not null,
      foreign key (target_id) references notification_targets (target_id) on delete cascade
    )`,
    'create index outbox_waiting on outbox (target_id, outbox_id) where done_at is null',
    'create index outbox_of_target on outbox (target_id, outbox_id)',
    'create index outbox_done on outbox (done_at) where done_at is not null',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
