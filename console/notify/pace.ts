/** When a target that does not answer is tried again, and when what waits for it is given up. Pure; ms. */

const minuteMs = 60_000;
const stepsMs = [10_000, 30_000, minuteMs, 2 * minuteMs, 5 * minuteMs, 10 * minuteMs, 20 * minuteMs, 30 * minuteMs];
const longestMs = 60 * minuteMs;

/** What has waited for so long at a failing target is given up, and says so. */
export const giveUpAfterMs = 24 * 60 * minuteMs;
/** More than that never waits for one target: the oldest are dropped, and say so. */
export const waitingMax = 10_000;
/** A target that fails for so long is an alert itself. */
export const failingAlertMs = 60 * minuteMs;

/** `tries`: failures in a row, from 1; `random` 0..1 spreads by a fifth; a receiver may ask for up to an hour. */
export function backOffMs(tries: number, random: number, askedMs: number | null): number {
  const step = stepsMs[tries - 1] ?? longestMs;
  const spread = step * (0.9 + random * 0.2);
  return Math.max(spread, Math.min(askedMs ?? 0, longestMs));
}
