/** The database as it is at one moment, for reading only; a running console goes on meanwhile. */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { Fault } from '#protocol/codes.ts';
import { numbers } from '#console/store/engine/postgres.ts';
import { sqliteDialect } from '#console/store/engine/sqlite-dialect.ts';

export interface Snapshot {
  readonly kind: 'sqlite' | 'postgres';
  /** Everything that `work` reads is of one moment. */
  look<T>(work: (db: Kysely<unknown>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function sqliteSnapshot(path: string): Snapshot {
  if (!existsSync(path)) throw new Fault('console.bad-configuration', `there is no database at ${path}`);
  const db = new Kysely<unknown>({
    dialect: sqliteDialect(new DatabaseSync(path, { readOnly: true, timeout: 5_000 })),
  });
  return {
    kind: 'sqlite',
    look: (work) => db.transaction().execute(work),
    close: () => db.destroy(),
  };
}

export function postgresSnapshot(url: string): Snapshot {
  const pool = new Pool({ connectionString: url, max: 1, types: numbers() });
  pool.on('error', () => undefined);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  return {
    kind: 'postgres',
    look: (work) => db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work),
    close: () => db.destroy(),
  };
}
