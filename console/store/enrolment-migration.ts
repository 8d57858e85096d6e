/** Schema of how devices come in and leave. A released step is never changed. */
import { sql, type Kysely } from 'kysely';

export async function installScriptsMigration(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      'create table install_scripts (sha256 text not null, text text not null, made_at bigint not null, primary key (sha256))',
    )
    .execute(db);
}
