import { describe, expect, it } from 'vitest';
import { createWaiters } from '#console/fleet/link/waiters.ts';

const device = { deviceId: 'dev_1', organisationId: 'org_a' };

describe('held requests', () => {
  it('remember a wake that comes before the wait', async () => {
    const waiters = createWaiters();
    const waiter = waiters.register(device);
    waiters.wake('dev_1', 'command');
    expect(await waiter.wait(10_000)).toBe('command');
    const next = waiter.wait(10_000);
    waiters.wake('dev_1', 'check-in');
    expect(await next).toBe('check-in');
  });

  it('end in time, and are forgotten when released', async () => {
    const waiters = createWaiters();
    const waiter = waiters.register(device);
    expect(await waiter.wait(1)).toBe('timeout');
    expect(waiters.held()).toBe(1);
    waiter.release();
    expect(waiters.held()).toBe(0);
    waiters.wake('dev_1', 'command');
  });

  it('give way to a newer one of the same device, which stays', async () => {
    const waiters = createWaiters();
    const first = waiters.register(device);
    const waiting = first.wait(10_000);
    const second = waiters.register(device);
    expect(await waiting).toBe('replaced');
    first.release();
    expect(waiters.held()).toBe(1);
    second.release();
  });

  it('are woken by organisation, all of them, spread over time', async () => {
    const waiters = createWaiters();
    const held = Array.from({ length: 20 }, (_, index) =>
      waiters.register({ deviceId: `dev_${index}`, organisationId: index < 10 ? 'org_a' : 'org_b' }),
    );
    const woken = held.map((waiter) => waiter.wait(200));
    waiters.wakeAll('org_a', 'check-in', 50);
    const whys = await Promise.all(woken);
    expect(whys.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'check-in'));
    expect(whys.slice(10)).toEqual(Array.from({ length: 10 }, () => 'timeout'));
  });

  it('lose no wake in a hundred thousand', async () => {
    const waiters = createWaiters();
    let seen = 0;
    for (let round = 0; round < 100_000; round += 1) {
      const waiter = waiters.register(device);
      if (round % 2 === 0) waiters.wake('dev_1', 'command');
      const waiting = waiter.wait(60_000);
      if (round % 2 === 1) waiters.wake('dev_1', 'command');
      if ((await waiting) === 'command') seen += 1;
      waiter.release();
    }
    expect(seen).toBe(100_000);
  });
});
