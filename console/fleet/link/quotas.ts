/** How much one device may send and fetch in a day, per console process (G32). */
import { Fault } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';

const dayMs = 86_400_000;

export const dailyQuotas = {
  events: 20_000,
  eventBytes: 64 * 1024 * 1024,
  packageBytes: 6 * limits.packageBytesMax,
  siteTokens: 2 * limits.installerStartsPerDayMax,
} as const;
export type Quota = keyof typeof dailyQuotas;

export interface Quotas {
  /** Fault `rate-limited` when the day's share is used up. */
  spend(deviceId: string, quota: Quota, amount: number): void;
}

export function createQuotas(now: () => number): Quotas {
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
        const restMs = (day + 1) * dayMs - now();
        const retryAfterMs = Math.min(restMs, limits.retryAfterMaxMs);
        throw new Fault('rate-limited', `the day's share of ${quota} is used up`, { context: { retryAfterMs } });
      }
      spent.set(key, total);
    },
  };
}
