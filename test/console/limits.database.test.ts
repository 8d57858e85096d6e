import { afterAll, beforeAll } from 'vitest';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { downloadPaceContract, limitsContract } from '#test/console/limits.contract.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';

limitsContract('in two processes on PostgreSQL', async () => {
  const database = await ownDatabase();
  const one = await ConsoleWorld.start({ open: () => openPostgres(database.url), hears: true });
  const two = await one.sibling(() => openPostgres(database.url));
  return {
    one,
    two,
    async stop() {
      await two.stop();
      await one.stop();
      await database.drop();
    },
  };
});

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.drop());
const open = () => openPostgres(database.url);
downloadPaceContract('on PostgreSQL', open, open);
