import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createQuotas, dailyQuotas } from '#console/fleet/link/quotas.ts';
import { limits } from '#protocol/limits.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';

const dayMs = 86_400_000;

describe('G32: what one device may send in a day', () => {
  let world: ConsoleWorld;
  beforeEach(async () => {
    world = await ConsoleWorld.start();
  });
  afterEach(() => world.stop());

  async function enrolled(): Promise<SimulatedDevice> {
    const device = simulatedDevice(world.app, await world.installKey(await world.organisation(`Org ${Math.random()}`)));
    await device.enrol();
    // The second one tells of the instructions that came with the first.
    await device.checkIn();
    await device.checkIn();
    return device;
  }

  it('ends at so many events, for it alone, until the next day', async () => {
    const [loud, quiet] = [await enrolled(), await enrolled()];
    world.side.quotas.spend(loud.deviceId, 'events', dailyQuotas.events - 1);
    loud.recordRaw('thing', {});
    await loud.checkIn();
    loud.recordRaw('thing', {});
    await expect(loud.checkIn()).rejects.toMatchObject({ status: 429, code: 'rate-limited' });
    quiet.recordRaw('thing', {});
    expect((await quiet.checkIn()).acknowledged.seq).toBe(1);
    world.nowMs += dayMs;
    loud.session = null;
    expect((await loud.checkIn()).acknowledged.seq).toBe(2);
  });

  it('ends at so many bytes, be they events or ever new states; with nothing new it is heard all the same', async () => {
    const device = await enrolled();
    world.side.quotas.spend(device.deviceId, 'eventBytes', dailyQuotas.eventBytes - 50_000);
    const rest = (): void => world.side.quotas.spend(device.deviceId, 'eventBytes', 100);
    expect(() => {
      for (let turn = 0; turn < 1_000; turn += 1) rest();
    }).toThrow('used up');
    await device.checkIn();
    device.state = { kind: 'checking', since: '2026-02-02T00:00:00.000Z' };
    await expect(device.checkIn()).rejects.toMatchObject({ status: 429, code: 'rate-limited' });
    device.state = { kind: 'checking', since: '2026-01-01T00:00:00.000Z' };
    await device.checkIn();
  });

  it('is refused with a small answer that says when to come again, within the hour that devices wait at most', async () => {
    const device = await enrolled();
    world.side.quotas.spend(device.deviceId, 'events', dailyQuotas.events);
    device.recordRaw('thing', { text: 'x'.repeat(10_000) });
    const answer = await device.send('POST', '/agent/check-in', { body: device.checkInRequest() });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(limits.retryAfterMaxMs / 1_000);
    expect(answer.body.length).toBeLessThan(600);
  });

  it('counts each quota and device apart, and what was refused costs nothing', () => {
    const quotas = createQuotas(world.store, () => 5 * dayMs);
    quotas.spend('a', 'events', dailyQuotas.events);
    expect(() => quotas.spend('a', 'events', 1)).toThrow('events is used up');
    quotas.spend('a', 'packageBytes', 1);
    quotas.spend('b', 'events', 1);
    expect(() => quotas.spend('b', 'events', dailyQuotas.events)).toThrow('used up');
    quotas.spend('b', 'events', dailyQuotas.events - 1);
  });
});
