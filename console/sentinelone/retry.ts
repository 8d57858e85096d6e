/** Whether and when a failed call is made again. Pure. */
import { limits } from '#protocol/limits.ts';

export interface RetryPolicy {
  readonly attemptsMax: number;
  /** All waiting for one call together. */
  readonly budgetMs: number;
  readonly baseMs: number;
  readonly capMs: number;
  /** Waiting after a 429 that does not say how long. */
  readonly throttledMs: number;
}

export const readPolicy: RetryPolicy = {
  attemptsMax: 5,
  budgetMs: 120_000,
  baseMs: 500,
  capMs: 30_000,
  throttledMs: 5_000,
};

export const downloadPolicy: RetryPolicy = {
  attemptsMax: 12,
  budgetMs: 900_000,
  baseMs: 2_000,
  capMs: 60_000,
  throttledMs: 60_000,
};

export type Setback =
  | { readonly kind: 'throttled'; readonly retryAfterMs: number | null }
  | { readonly kind: 'server' }
  /** `sent`: the request may have reached the server. */
  | { readonly kind: 'connection'; readonly sent: boolean };

export interface Tries {
  /** Calls made so far, this one included. */
  readonly made: number;
  readonly waitedMs: number;
  /** May be made twice without harm, even when the first one had its effect. */
  readonly repeatable: boolean;
}

/** Seconds or an HTTP date → ms from now, never negative, at most an hour; null when it says nothing. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), limits.retryAfterMaxMs);
}

function mayRepeat(setback: Setback, repeatable: boolean): boolean {
  if (repeatable || setback.kind === 'throttled') return true;
  return setback.kind === 'connection' && !setback.sent;
}

/** Full jitter, doubling; null: give up. */
export function retryDelayMs(policy: RetryPolicy, setback: Setback, tries: Tries, chance: number): number | null {
  if (tries.made >= policy.attemptsMax || !mayRepeat(setback, tries.repeatable)) return null;
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** (tries.made - 1));
  const backOffMs = Math.ceil(chance * ceiling);
  const delayMs = setback.kind === 'throttled' ? (setback.retryAfterMs ?? policy.throttledMs) + backOffMs : backOffMs;
  return tries.waitedMs + delayMs > policy.budgetMs ? null : delayMs;
}
