/** SQLite: one file, one writer queue, one connection that can only read. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Fault } from '#protocol/codes.ts';
import { migrate } from '#console/store/schema/migrations.ts';
import { sqliteDialect } from '#console/store/engine/sqlite-dialect.ts';
import type { Db, Store } from '#console/store/store.ts';
import type { Tables } from '#console/store/schema/tables.ts';
import { writerQueue } from '#console/store/engine/writer-queue.ts';

/** A lock the system gives back when the process dies, however it dies. */
function holdAlone(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}.lock`);
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    throw new Fault('console.already-running', `another console has ${path} open`, { cause: error });
  }
}

function open(path: string, readOnly: boolean): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly, timeout: 5_000 });
  database.exec('pragma cache_size = -32000');
  return database;
}

/** All steps or none, and one process at a time. */
async function migrateWhole(writer: DatabaseSync, writing: Kysely<Tables>): Promise<void> {
  writer.exec('begin immediate');
  try {
    await migrate(writing, 'sqlite');
    writer.exec('commit');
  } catch (error) {
    writer.exec('rollback');
    throw error;
  }
}

/**
 * Opens or makes the database file. `alone`: refuses when another console runs on it; the command line's own short
 * writes go without.
 */
export async function openSqlite(path: string, options: { readonly alone: boolean }): Promise<Store> {
  const lock = options.alone ? holdAlone(path) : null;
  const writer = open(path, false);
  writer.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
  const writing = new Kysely<Tables>({ dialect: sqliteDialect(writer) });
  await migrateWhole(writer, writing);
  const reader = open(path, true);
  const read: Db = new Kysely<Tables>({ dialect: sqliteDialect(reader) });
  const queue = writerQueue(writer, writing);
  const listeners: ((topic: string) => void)[] = [];
  return {
    kind: 'sqlite',
    read,
    write: (work) => queue.run(work),
    announce(topic) {
      for (const listener of listeners) listener(topic);
      return Promise.resolve();
    },
    listen: (listener) => void listeners.push(listener),
    waiting: () => queue.waiting(),
    sizeBytes: () => Promise.resolve(statSync(path).size),
    async close() {
      await queue.drained();
      reader.close();
      writer.close();
      lock?.close();
    },
  };
}
