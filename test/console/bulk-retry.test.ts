import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bulkRetryRoutes } from '#console/api/bulk-retry.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { Estate } from '#test/worlds/fleet/estate.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { refusal } from '#test/worlds/fleet/operated.ts';
import { newOperatorRow } from '#console/auth/operators.ts';
import { addOperator } from '#console/store/operators/operators.ts';

const password = 'correct horse battery';
let world: ConsoleWorld;
let admin: OperatorClient;
let estate: Estate;

beforeEach(async () => {
  world = await ConsoleWorld.start();
  await world.administrator('ann', password);
  admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
  estate = await Estate.of(world, 24);
  await world.mode(estate.organisationId, 'deploy', { atOnceMax: 2, haltFailuresMin: 100, serversLast: false });
});
afterEach(() => world.stop());

/** Every third device fails, the others end protected. */
async function someFail(): Promise<number> {
  const failing = new Set(estate.devices.filter((_, index) => index % 3 === 0));
  estate.ending = (device) => (failing.has(device) ? 'failed' : 'protected');
  await estate.settle();
  return failing.size;
}

/** Thousands of small exchanges: time enough on a busy machine. */
describe('Retry by filter', { timeout: 120_000 }, () => {
  it('reaches the devices of the shown filter that can be retried, says why not the others, and doubles nothing', async () => {
    const failed = await someFail();
    const all = await admin.call(bulkRetryRoutes.preview, { query: {} });
    expect(all).toEqual({
      matching: 24,
      retries: failed,
      left: 0,
      refused: [{ reason: 'already-protected', devices: 24 - failed }],
    });
    const filter = { cause: 'install.failed', organisationId: estate.organisationId };
    const preview = await admin.call(bulkRetryRoutes.preview, { query: filter });
    expect(preview).toMatchObject({ matching: failed, retries: failed, refused: [] });
    const retry = { body: { filter, retries: failed } };
    const { items } = await admin.call(bulkRetryRoutes.retry, retry);
    expect(items.map((row) => row.outcome)).toEqual(Array.from({ length: failed }, () => 'given'));
    world.nowMs += 1_000;
    const again = await admin.call(bulkRetryRoutes.retry, retry);
    expect(again.items.every((row) => row.outcome === 'waiting')).toBe(true);
    for (const device of estate.devices) {
      const { commands } = await device.commands();
      expect(commands.map((command) => command.verb)).toEqual(device.state.kind === 'failed' ? ['retry'] : []);
    }
  });

  it('starts no more installs at once than the deployment allows', async () => {
    const failed = await someFail();
    await admin.call(bulkRetryRoutes.retry, { body: { filter: { state: 'failed' }, retries: failed } });
    estate.ending = () => 'protected';
    estate.together = 0;
    for (const device of estate.devices) {
      if (device.state.kind === 'failed') await device.askForTurn();
    }
    await estate.settle();
    expect(estate.together).toBe(2);
    expect(estate.devices.every((device) => device.state.kind === 'protected')).toBe(true);
  });

  it('does nothing when the number is not the one that was shown', async () => {
    const failed = await someFail();
    const body = { filter: {}, retries: failed - 1 };
    expect(await refusal(admin.call(bulkRetryRoutes.retry, { body }))).toBe('409 request.conflict');
    const [one] = estate.devices;
    const commands = await admin.call(deviceRoutes.commands, { params: { deviceId: one?.deviceId ?? '' } });
    expect(commands.items).toEqual([]);
  });

  it('G9: reaches only what the operator may see, whatever the filter names', async () => {
    const failed = await someFail();
    const row = await newOperatorRow({ name: 'lim', password, role: 'operator' }, world.nowMs);
    const other = await world.organisation('Other');
    await world.store.write((db) => addOperator(db, { ...row, organisations: JSON.stringify([other]) }));
    const limited = await OperatorClient.signedIn(world.operatorApp, 'lim', password);
    const query = { organisationId: estate.organisationId };
    expect(await limited.call(bulkRetryRoutes.preview, { query })).toMatchObject({ matching: 0, retries: 0 });
    const body = { filter: query, retries: failed };
    expect(await refusal(limited.call(bulkRetryRoutes.retry, { body }))).toBe('409 request.conflict');
  });
});
