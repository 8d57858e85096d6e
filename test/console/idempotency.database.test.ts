import { openPostgres } from '#console/store/engine/postgres.ts';
import { idempotencyContract } from '#test/console/idempotency.contract.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { ownDatabase } from '#test/worlds/fleet/postgres.ts';

idempotencyContract('in two processes on PostgreSQL', async () => {
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
