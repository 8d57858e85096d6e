import { afterAll } from 'vitest';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { deviceFacetsContract } from '#test/console/device-facets.contract.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';

const databases: OwnDatabase[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

deviceFacetsContract('PostgreSQL', async () => {
  const database = await ownDatabase();
  databases.push(database);
  return openPostgres(database.url);
});
