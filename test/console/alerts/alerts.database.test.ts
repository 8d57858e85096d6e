import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { listAlerts } from '#console/store/alerts/alerts.ts';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { notificationRoutes } from '#console/api/notifications.ts';
import { activityContract } from '#test/console/activity.contract.ts';
import { evaluationContract, evaluationOf } from '#test/console/alerts/evaluation.contract.ts';
import { deliveryContract, notificationsOf, opened, password, tell } from '#test/console/notify/delivery.contract.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';
import { receiver } from '#test/worlds/receivers/webhook.ts';

const databases: OwnDatabase[] = [];
async function fresh(): Promise<string> {
  const database = await ownDatabase();
  databases.push(database);
  return database.url;
}
afterAll(async () => {
  for (const database of databases) await database.drop();
});
const worlds: ConsoleWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

evaluationContract('PostgreSQL', async () => openPostgres(await fresh()));
activityContract('PostgreSQL', async () => openPostgres(await fresh()));
deliveryContract('PostgreSQL', async () => openPostgres(await fresh()));

describe('two consoles on one PostgreSQL', () => {
  it('look for alerts one at a time, and open each once even when both do', async () => {
    const url = await fresh();
    const one = await ConsoleWorld.start({ open: () => openPostgres(url) });
    const two = await one.sibling(() => openPostgres(url));
    worlds.push(two, one);
    for (let index = 0; index < 20; index += 1) {
      const device = simulatedDevice(one.app, await one.installKey(await one.organisation(`Bakery ${index}`)));
      await device.enrol();
      const fault = { code: 'install.busy' as const, detail: '', context: {} };
      device.state = { kind: 'failed', since: new Date(one.nowMs).toISOString(), fault };
      await device.checkIn();
    }
    const [mine, other] = [evaluationOf(one), evaluationOf(two)];
    const turns = await Promise.all([mine.evaluation.round(), other.evaluation.round()]);
    expect(turns.map(String).toSorted()).toEqual(['false', 'true']);
    expect(mine.told.length + other.told.length).toBe(20);
    // Both hold the lease, as after a pause of one of them: still nothing is opened twice.
    const worst = [evaluationOf(one), evaluationOf(two)];
    await one.store.write((db) => db.deleteFrom('alerts').execute());
    const free = (): Promise<unknown> => one.store.write((db) => db.deleteFrom('leases').execute());
    await free();
    const first = worst[0]?.evaluation.round();
    await free();
    await Promise.all([first, worst[1]?.evaluation.round()]);
    expect(worst.flatMap(({ told }) => told)).toHaveLength(20);
    expect(await listAlerts(one.store.read, scope, { state: 'open' }, { limit: 50, after: null })).toHaveLength(20);
  });

  it('send what waits in order and once, and one goes on where the other died', async () => {
    const url = await fresh();
    const one = await ConsoleWorld.start({ open: () => openPostgres(url) });
    const two = await one.sibling(() => openPostgres(url));
    worlds.push(two, one);
    const [mine, other] = [notificationsOf(one, 5_000), notificationsOf(two, 5_000)];
    const hook = await receiver();
    await one.administrator('ann', password);
    const admin = await OperatorClient.signedIn(one.operatorApp, 'ann', password);
    await admin.call(notificationRoutes.create, { body: { kind: 'webhook', name: 'Chat', url: hook.url } });
    await tell(one, mine, ...opened(...Array.from({ length: 30 }, (_, number) => number)));
    hook.delayMs = 5;
    await Promise.all([mine.deliver(), other.deliver(), mine.deliver(), other.deliver()]);
    const names = hook.received.map(({ body }) => /db-\d+/.exec(body)?.[0]);
    expect(names).toEqual(Array.from({ length: 30 }, (_, number) => `db-${number}`));
    // One that died in the middle of sending holds its claim; the other takes over when that is over.
    await tell(one, mine, ...opened(30));
    const held = { busy_by: 'dead', busy_until: one.nowMs + 120_000 };
    await one.store.write((db) => db.updateTable('notification_targets').set(held).execute());
    await other.deliver();
    expect(hook.received).toHaveLength(30);
    two.nowMs += 121_000;
    await other.deliver();
    expect(hook.received).toHaveLength(31);
    await hook.close();
  });
});
