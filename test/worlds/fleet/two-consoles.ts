import { openPostgres } from '#console/store/engine/postgres.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { ownDatabase } from '#test/worlds/fleet/postgres.ts';

/** Two consoles on one PostgreSQL database of their own, each with what a process of its own would have. */
export async function twoConsoles(): Promise<{ one: ConsoleWorld; two: ConsoleWorld; stop(): Promise<void> }> {
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
}
