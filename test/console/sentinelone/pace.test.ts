import { describe, expect, it } from 'vitest';
import { newLimiter, nextStart, rateLimitOf } from '#console/sentinelone/rate-limits.ts';
import { downloadPolicy, readPolicy, retryAfterMs, retryDelayMs } from '#console/sentinelone/retry.ts';
import { testTiming } from '#test/console/sentinelone/setting.ts';

describe('the pace of each path', () => {
  it.each([
    ['sites/1/token', 'sites'],
    ['agents/actions/initiate-scan', 'agents'],
    ['update/agent/download/1/2', 'update/agent/download'],
    ['update/agent/packages', ''],
    ['users/login', 'users/login'],
    ['user', 'user'],
    ['users/1', 'users'],
  ])('%s belongs to "%s"', (path, prefix) => {
    expect(rateLimitOf(path).prefix).toBe(prefix);
  });

  it('lets two downloads go and holds the third back for a minute', async () => {
    const timing = testTiming();
    const limiter = newLimiter(timing);
    const start = timing.now();
    const starts: number[] = [];
    for (let call = 0; call < 5; call += 1) {
      await limiter.pass('update/agent/download/1/2');
      starts.push(timing.now() - start);
    }
    expect(starts).toEqual([0, 0, 61_000, 61_000, 122_000]);
  });

  it('never lets more than the limit into any window, whenever the calls come', () => {
    const limit = { prefix: '', callsMax: 3, windowMs: 100 };
    let starts: number[] = [];
    const all: number[] = [];
    for (const now of [0, 1, 2, 3, 50, 51, 99, 100, 101, 250, 251, 252, 253, 900]) {
      const next = nextStart(starts, limit, now);
      starts = next.starts;
      all.push(next.at);
    }
    for (const from of all) {
      expect(all.filter((at) => at >= from && at < from + limit.windowMs).length).toBeLessThanOrEqual(3);
    }
  });
});

describe('trying again', () => {
  const tries = { made: 1, waitedMs: 0, repeatable: true };

  it('reads Retry-After as seconds or as a date, and not beyond an hour', () => {
    const now = Date.UTC(2026, 0, 15);
    expect(retryAfterMs('7', now)).toBe(7000);
    expect(retryAfterMs(new Date(now + 90_000).toUTCString(), now)).toBe(90_000);
    expect(retryAfterMs('999999999', now)).toBe(3_600_000);
    expect(retryAfterMs('soon', now)).toBeNull();
    expect(retryAfterMs(undefined, now)).toBeNull();
  });

  it('waits a minute for a download that was throttled without saying how long', () => {
    const delay = retryDelayMs(downloadPolicy, { kind: 'throttled', retryAfterMs: null }, tries, 0);
    expect(delay).toBe(60_000);
  });

  it('doubles with full jitter and gives up by attempts and by budget', () => {
    const server = { kind: 'server' } as const;
    expect([1, 2, 3, 4].map((made) => retryDelayMs(readPolicy, server, { ...tries, made }, 1))).toEqual([
      500, 1000, 2000, 4000,
    ]);
    expect(retryDelayMs(readPolicy, server, { ...tries, made: 5 }, 0)).toBeNull();
    expect(retryDelayMs(readPolicy, server, { ...tries, waitedMs: readPolicy.budgetMs }, 1)).toBeNull();
  });

  it('does not repeat what may already have had its effect', () => {
    const once = { ...tries, repeatable: false };
    expect(retryDelayMs(readPolicy, { kind: 'server' }, once, 0)).toBeNull();
    expect(retryDelayMs(readPolicy, { kind: 'connection', sent: true }, once, 0)).toBeNull();
    expect(retryDelayMs(readPolicy, { kind: 'connection', sent: false }, once, 0)).toBe(0);
  });
});
