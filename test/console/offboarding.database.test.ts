import { afterAll } from 'vitest';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { offboardingContract } from '#test/console/offboarding.contract.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';

const databases: OwnDatabase[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

offboardingContract('PostgreSQL', async () => {
  const database = await ownDatabase();
  databases.push(database);
  return openPostgres(database.url);
});
