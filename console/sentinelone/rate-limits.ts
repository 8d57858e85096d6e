/**
 * How often SentinelOne may be asked, by path. The numbers follow the vendor's published table (per token), with each
 * "rate, burst" written as at most `callsMax` within the time in which the rate refills that burst.
 */
import type { Timing } from '#console/sentinelone/timing.ts';

export interface RateLimit {
  /** Below /web/api/v2.1/. The longest prefix that fits counts. */
  readonly prefix: string;
  readonly callsMax: number;
  readonly windowMs: number;
}

export const rateLimits: readonly RateLimit[] = [
  { prefix: '', callsMax: 5, windowMs: 1_000 },
  { prefix: 'system/status', callsMax: 1, windowMs: 1_000 },
  { prefix: 'system/info', callsMax: 5, windowMs: 2_500 },
  { prefix: 'accounts', callsMax: 10, windowMs: 100 },
  { prefix: 'sites', callsMax: 10, windowMs: 100 },
  { prefix: 'groups', callsMax: 10, windowMs: 500 },
  { prefix: 'agents', callsMax: 1, windowMs: 40 },
  { prefix: 'activities', callsMax: 30, windowMs: 3_000 },
  { prefix: 'threats', callsMax: 50, windowMs: 5_000 },
  { prefix: 'users', callsMax: 80, windowMs: 2_000 },
  { prefix: 'users/login', callsMax: 1, windowMs: 1_000 },
  { prefix: 'user', callsMax: 5, windowMs: 2_500 },
  { prefix: 'service-users', callsMax: 10, windowMs: 2_000 },
  { prefix: 'rbac', callsMax: 100, windowMs: 2_000 },
  { prefix: 'licenses', callsMax: 5, windowMs: 500 },
  { prefix: 'export', callsMax: 30, windowMs: 30_000 },
  /** Two a minute for the whole fleet; a second more, because the server counts from when it sees the call. */
  { prefix: 'update/agent/download', callsMax: 2, windowMs: 61_000 },
];

function fits(prefix: string, path: string): boolean {
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`);
}

export function rateLimitOf(path: string, limits: readonly RateLimit[] = rateLimits): RateLimit {
  const fitting = limits.filter((limit) => fits(limit.prefix, path));
  const longest = fitting.toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
  return longest ?? { prefix: '', callsMax: 1, windowMs: 1_000 };
}

/** When the next call may start, given the starts so far (ascending); those that no longer matter are left out. */
export function nextStart(starts: readonly number[], limit: RateLimit, now: number): { at: number; starts: number[] } {
  const relevant = starts.filter((at) => at > now - limit.windowMs);
  const oldest = relevant.length < limit.callsMax ? undefined : relevant[relevant.length - limit.callsMax];
  const at = oldest === undefined ? now : Math.max(now, oldest + limit.windowMs);
  return { at, starts: [...relevant, at] };
}

export interface Limiter {
  /** Takes a place for one call and waits for it. */
  pass(path: string, signal?: AbortSignal): Promise<void>;
}

/** Where starts of calls are kept for all processes that use the same API token. */
export interface SharedPace {
  /** Of the row in the table of limits. */
  readonly prefix: string;
  /** Replaces the starts so far by what `next` makes of them, all at once; answers when the call may start. */
  take(next: (starts: readonly number[]) => { at: number; starts: number[] }): Promise<number>;
}

export function newLimiter(
  timing: Timing,
  limits: readonly RateLimit[] = rateLimits,
  shared: SharedPace | null = null,
): Limiter {
  const startsOf = new Map<string, readonly number[]>();
  async function startOf(limit: RateLimit): Promise<number> {
    if (shared?.prefix === limit.prefix) return shared.take((starts) => nextStart(starts, limit, timing.now()));
    const { at, starts } = nextStart(startsOf.get(limit.prefix) ?? [], limit, timing.now());
    startsOf.set(limit.prefix, starts);
    return at;
  }
  return {
    async pass(path, signal) {
      const limit = rateLimitOf(path, limits);
      const at = await startOf(limit);
      const waitMs = at - timing.now();
      if (waitMs > 0) await timing.sleep(waitMs, signal);
    },
  };
}
