import { afterAll, beforeAll } from 'vitest';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { downloadPaceContract, limitsContract } from '#test/console/limits.contract.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';
import { twoConsoles } from '#test/worlds/fleet/two-consoles.ts';

limitsContract('in two processes on PostgreSQL', twoConsoles);

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.drop());
const open = () => openPostgres(database.url);
downloadPaceContract('on PostgreSQL', open, open);
