import { join } from 'node:path';
import { afterAll } from 'vitest';
import { emptyPostgres, emptySqlite } from '#console/store/engine/empty-place.ts';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { postgresSnapshot, sqliteSnapshot } from '#console/store/engine/snapshot.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { backupContract, type Databases } from '#test/console/backup/backup.contract.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';

const databases: OwnDatabase[] = [];
async function fresh(): Promise<string> {
  const database = await ownDatabase();
  databases.push(database);
  return database.url;
}
afterAll(async () => {
  for (const database of databases) await database.drop();
});

const postgres: Databases = {
  async source() {
    const url = await fresh();
    return { store: await openPostgres(url), snapshot: () => postgresSnapshot(url) };
  },
  async target() {
    const url = await fresh();
    return { place: () => emptyPostgres(url), open: () => openPostgres(url) };
  },
};

const sqlite: Databases = {
  async source(directory) {
    const path = join(directory, 'source.db');
    return { store: await openSqlite(path, { alone: true }), snapshot: () => sqliteSnapshot(path) };
  },
  target(directory) {
    const path = join(directory, 'target.db');
    return Promise.resolve({ place: async () => emptySqlite(path), open: () => openSqlite(path, { alone: true }) });
  },
};

backupContract('from PostgreSQL to PostgreSQL', postgres);
backupContract('from SQLite to PostgreSQL', { ...sqlite, target: postgres.target });
backupContract('from PostgreSQL to SQLite', { ...postgres, target: sqlite.target });
