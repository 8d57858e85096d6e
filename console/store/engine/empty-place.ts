/** Where a backup goes: an empty database, that is filled in one go or stays empty. */
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { Fault } from '#protocol/codes.ts';
import { numbers } from '#console/store/engine/postgres.ts';
import { sqliteDialect } from '#console/store/engine/sqlite-dialect.ts';

export interface EmptyPlace {
  readonly kind: 'sqlite' | 'postgres';
  fill<T>(work: (db: Kysely<unknown>) => Promise<T>): Promise<T>;
}

const notEmpty = (what: string, cause?: unknown): Fault => new Fault('backup.not-empty', what, { cause });

function sync(path: string): void {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** Fills a file beside it, which takes the name only when it is whole and durable. */
export function emptySqlite(path: string): EmptyPlace {
  if (existsSync(path)) throw notEmpty(`${path} exists`);
  const partial = `${path}.restoring`;
  return {
    kind: 'sqlite',
    async fill(work) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      rmSync(partial, { force: true });
      closeSync(openSync(partial, 'wx', 0o600));
      const database = new DatabaseSync(partial, { timeout: 5_000 });
      const db = new Kysely<unknown>({ dialect: sqliteDialect(database) });
      try {
        database.exec('begin immediate');
        const done = await work(db);
        database.exec('commit');
        await db.destroy();
        sync(partial);
        try {
          linkSync(partial, path);
        } catch (error) {
          throw notEmpty(`${path} exists by now`, error);
        }
        sync(dirname(path));
        return done;
      } finally {
        if (database.isOpen) database.close();
        for (const rest of [partial, `${partial}-journal`]) rmSync(rest, { force: true });
      }
    },
  };
}

/** One transaction, the schema included. */
export async function emptyPostgres(url: string): Promise<EmptyPlace> {
  const pool = new Pool({ connectionString: url, max: 1, types: numbers() });
  pool.on('error', () => undefined);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (tables.length > 0) {
    await db.destroy();
    throw notEmpty(`the database holds ${tables.length} tables`);
  }
  return {
    kind: 'postgres',
    async fill(work) {
      try {
        return await db.transaction().execute(work);
      } finally {
        await db.destroy();
      }
    },
  };
}
