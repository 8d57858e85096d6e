import { afterAll } from 'vitest';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { organisationImportContract } from '#test/console/organisation-import.contract.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';

const databases: OwnDatabase[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

organisationImportContract('PostgreSQL', async () => {
  const database = await ownDatabase();
  databases.push(database);
  return openPostgres(database.url);
});
