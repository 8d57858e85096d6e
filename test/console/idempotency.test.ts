import { idempotencyContract } from '#test/console/idempotency.contract.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';

idempotencyContract('on SQLite', async () => {
  const one = await ConsoleWorld.start();
  return { one, two: one, stop: () => one.stop() };
});
