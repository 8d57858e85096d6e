/**
 * How much one device may send and fetch in a day (G32). What only weighs on a process is counted by each: a device talks to one at
 * a time, and the count costs nothing. Site tokens, which are secrets, are counted for all of them.
 */
import { Fault } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import type { Store } from '#console/store/store.ts';
import { readTries, takeTries } from '#console/store/tries.ts';

const dayMs = 86_400_000;

export const dailyQuotas = {
  events: 20_000,
  eventBytes: 64 * 1024 * 1024,
  packageBytes: 6 * limits.packageBytesMax,
} as const;
export type Quota = keyof typeof dailyQuotas;

export const siteTokensPerDayMax = 2 * limits.installerStartsPerDayMax;

export interface Quotas {
  /** Fault `rate-limited` when the day's share is used up. */
  spend(deviceId: string, quota: Quota, amount: number): void;
  /** The same for one site token, whichever process is asked. */
  spendSiteToken(deviceId: string): Promise<void>;
}

function usedUp(what: string, restMs: number): Fault {
  const retryAfterMs = Math.min(restMs, limits.retryAfterMaxMs);
  return new Fault('rate-limited', `the day's share of ${what} is used up`, { context: { retryAfterMs } });
}

export function createQuotas(store: Store, now: () => number): Quotas {
  let day = 0;
  let spent = new Map<string, number>();
  return {
    spend(deviceId, quota, amount) {
      const today = Math.floor(now() / dayMs);
      if (today !== day) {
        day = today;
        spent = new Map();
      }
      const key = `${quota} ${deviceId}`;
      const total = (spent.get(key) ?? 0) + amount;
      if (total > dailyQuotas[quota]) {
        throw usedUp(quota, (day + 1) * dayMs - now());
      }
      spent.set(key, total);
    },
    async spendSiteToken(deviceId) {
      const [name, nowMs] = [`site-tokens ${deviceId}`, now()];
      const wanted = { name, amount: 1, max: siteTokensPerDayMax, nowMs, windowMs: dayMs };
      if ((await store.write((db) => takeTries(db, wanted))) !== null) return;
      const known = await readTries(store.read, name, nowMs);
      throw usedUp('site tokens', (known?.endsAt ?? nowMs) - nowMs);
    },
  };
}
