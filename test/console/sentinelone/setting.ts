/** A stand-in console, a client for it, and one clock for both that moves only when somebody sleeps. */
import { newSentinelOneClient, type SentinelOneClient } from '#console/sentinelone/client.ts';
import type { Timing } from '#console/sentinelone/timing.ts';
import { newTransport } from '#console/sentinelone/transport.ts';
import { startSentinelOne, type SentinelOneOptions } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';

export interface TestTiming extends Timing {
  readonly slept: number[];
  move(ms: number): void;
}

export function testTiming(start = Date.UTC(2026, 0, 15, 12)): TestTiming {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    random: () => 0.5,
    move: (ms) => {
      now += ms;
    },
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

export interface Setting extends AsyncDisposable {
  readonly world: SentinelOneWorld;
  readonly client: SentinelOneClient;
  readonly timing: TestTiming;
  /** A client of another user of the tenant. */
  clientFor(apiToken: string): SentinelOneClient;
}

export async function newSetting(options: SentinelOneOptions = {}, stallMs?: number): Promise<Setting> {
  const timing = testTiming();
  const world = await startSentinelOne({ now: () => timing.now(), ...options });
  const clients: SentinelOneClient[] = [];
  const clientFor = (apiToken: string): SentinelOneClient => {
    const client = newSentinelOneClient({
      origin: world.url,
      apiToken,
      timing,
      caPem: options.tls?.cert ?? null,
      ...(stallMs === undefined ? {} : { transport: newTransport({ caPem: null, stallMs }) }),
    });
    clients.push(client);
    return client;
  };
  return {
    world,
    timing,
    clientFor,
    client: clientFor(world.apiToken),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await world.stop();
    },
  };
}
