/** What operators have besides a password: set-up links, recovery codes, API keys, single sign-on; and when a session was confirmed. */
import { sql, type Kysely } from 'kysely';

const operatorColumns = [
  'setup_sha256 text',
  'setup_expires_at bigint',
  'totp_next_sealed text',
  'removed_at bigint',
  'created_by text',
  'signed_in_at bigint',
];
const sessionColumns = ['session_id text', 'fresh_at bigint', 'address text', 'browser text', 'via text'];

export async function operatorsMigration(db: Kysely<unknown>): Promise<void> {
  for (const column of operatorColumns) await sql.raw(`alter table operators add column ${column}`).execute(db);
  // A session of before has no id to be ended by: whoever is signed in does so again.
  await sql.raw('delete from operator_sessions').execute(db);
  for (const column of sessionColumns) await sql.raw(`alter table operator_sessions add column ${column}`).execute(db);
  await sql.raw('create unique index sessions_by_id on operator_sessions (session_id)').execute(db);
  await sql.raw('create index sessions_by_operator on operator_sessions (operator_id)').execute(db);
  const statements = [
    `create table recovery_codes (operator_id text not null, code_mac text not null, used_at bigint,
     primary key (operator_id, code_mac), foreign key (operator_id) references operators (operator_id))`,
    `create table api_keys (key_id text not null, operator_id text not null, label text not null,
     secret_sha256 text not null, role text not null, organisations text, may_confirmed bigint not null,
     created_at bigint not null, expires_at bigint not null, used_at bigint, used_address text, revoked_at bigint,
     primary key (key_id), foreign key (operator_id) references operators (operator_id))`,
    'create index api_keys_by_operator on api_keys (operator_id)',
    `create table operator_identities (issuer text not null, subject text not null, operator_id text not null,
     name text not null, linked_at bigint not null, primary key (issuer, subject),
     foreign key (operator_id) references operators (operator_id))`,
    'create index identities_by_operator on operator_identities (operator_id)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
