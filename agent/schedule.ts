/** When to try again. Pure: randomness comes in as a number in [0, 1). */
import { codes, type FaultRecord } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import type { Rung } from '#installers/vendor.ts';
import type { Memory, Pause } from '#agent/memory.ts';

const firstDelayMs = 30_000;
export const longestDelayMs = 3_600_000;
const shortestDelayMs = 1_000;
const dayMs = 86_400_000;

/** Full jitter, doubling from 30 s to 1 h; a server's wish is honoured up to 1 h. `count` is 1 for the first fault. */
export function retryDelayMs(count: number, random: number, retryAfterMs?: number): number {
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(count - 1, 20));
  const drawn = Math.max(shortestDelayMs, Math.round(ceiling * random));
  const wished = Math.min(retryAfterMs ?? 0, limits.retryAfterMaxMs);
  return Math.max(drawn, wished);
}

export interface StartBudget {
  readonly used: number;
  readonly max: number;
  /** When the next start is allowed; null: now. */
  readonly nextAtMs: number | null;
}

/**
 * Installer starts in any 24 hours: 6 by itself, 24 after *Retry*, whatever a console says (G17). Starts more than a day in
 * the future were noted by a clock that has been set right since; they must not block for as long as it was wrong.
 */
export function startBudget(memory: Memory, nowMs: number): StartBudget {
  const recent = (starts: readonly number[]): number[] =>
    starts.filter((at) => Math.abs(nowMs - at) < dayMs).sort((a, b) => a - b);
  const spent = recent(memory.installerStartsMs);
  const max = memory.raisedUntilMs > nowMs ? limits.installerStartsPerDayMax : limits.installerStartsPerDay;
  const blocking = [spent.at(-max), recent(memory.installerRunsMs).at(-limits.installerStartsPerDayMax)];
  const known = blocking.filter((at) => at !== undefined);
  return { used: spent.length, max, nextAtMs: known.length === 0 ? null : Math.max(...known) + dayMs };
}

export interface Circumstances {
  readonly nowMs: number;
  readonly random: number;
  /** Digest of what a permanent verdict rests on. */
  readonly basis: string;
  readonly retryAfterMs?: number;
}

/**
 * The pause after an attempt that ended with `fault`. `ladder` is the exit code's; without one the fault's class decides.
 * `count` includes this fault.
 */
export function pauseAfter(
  fault: FaultRecord,
  ladder: readonly Rung[] | null,
  memory: Memory,
  now: Circumstances,
): Pause {
  const count = (memory.faultCounts[fault.code] ?? 0) + 1;
  const untilMs = ladder === null ? byClass(fault, count, now) : byLadder(ladder, count, now);
  return { fault, untilMs, basis: now.basis, count };
}

function byClass(fault: FaultRecord, count: number, now: Circumstances): number | null {
  const faultClass = codes[fault.code].class;
  if (faultClass === 'permanent' || faultClass === 'defect') return null;
  return now.nowMs + retryDelayMs(count, now.random, now.retryAfterMs);
}

/** Walks the rungs: each gives so many more tries; past the last one only a change or *Retry* helps. */
function byLadder(ladder: readonly Rung[], count: number, now: Circumstances): number | null {
  const tries = ladder.reduce((sum, rung) => sum + triesOf(rung), 0);
  return count <= tries ? now.nowMs + retryDelayMs(count, now.random, now.retryAfterMs) : null;
}

function triesOf(rung: Rung): number {
  switch (rung.kind) {
    case 'again':
    case 'after-reboot':
      return rung.times;
    case 'fresh-download':
    case 'changed-arguments':
      return 1;
    case 'stop':
      return 0;
  }
}

/** The rung that the `count`-th fault of a code stands on. */
export function rungAt(ladder: readonly Rung[], count: number): Rung {
  let left = count;
  for (const rung of ladder) {
    left -= triesOf(rung);
    if (left <= 0 && rung.kind !== 'stop') return rung;
  }
  return { kind: 'stop' };
}
