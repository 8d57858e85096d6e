/** When to try again. Pure: randomness comes in as a number in [0, 1). */
import { codes, type FaultRecord } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import type { ExitMeaning, Rung } from '#installers/vendor.ts';
import type { Memory, Pause, PauseRung } from '#agent/memory/memory.ts';

const firstDelayMs = 30_000;
export const longestDelayMs = 3_600_000;
/** After a restart the system goes on with what it was doing; only then is it believed to be quiet. */
export const quietAfterBootMs = 5 * 60_000;
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
  /** The boot and the attempt that the fault belongs to. */
  readonly bootId: string;
  readonly attempt: number;
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
  const next = ladder === null ? byClass(fault, count, now) : byRung(rungAt(ladder, count), count, now);
  return { fault, basis: now.basis, count, ...next };
}

type Next = Pick<Pause, 'untilMs' | 'rung'>;

function byClass(fault: FaultRecord, count: number, now: Circumstances): Next {
  const faultClass = codes[fault.code].class;
  if (faultClass === 'permanent' || faultClass === 'defect') return { untilMs: null, rung: null };
  return { untilMs: delayed(count, now), rung: null };
}

function delayed(count: number, now: Circumstances): number {
  return now.nowMs + retryDelayMs(count, now.random, now.retryAfterMs);
}

/** Past the last rung only a change or *Retry* helps; a restart is waited for by the boot, never by the clock. */
function byRung(rung: Rung, count: number, now: Circumstances): Next {
  switch (rung.kind) {
    case 'stop':
      return { untilMs: null, rung: null };
    case 'after-reboot':
      return { untilMs: null, rung: { kind: 'after-reboot', bootId: now.bootId, attempt: now.attempt } };
    case 'again':
    case 'fresh-download':
      return { untilMs: delayed(count, now), rung: { kind: rung.kind } };
    case 'changed-arguments':
      return { untilMs: delayed(count, now), rung: { kind: 'changed-arguments', arguments: [...rung.arguments] } };
  }
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

/** The rung that the `count`-th fault of a code stands on: each gives so many more tries, the first stop ends them. */
export function rungAt(ladder: readonly Rung[], count: number): Rung {
  let left = count;
  for (const rung of ladder) {
    if (rung.kind === 'stop') return rung;
    left -= triesOf(rung);
    if (left <= 0) return rung;
  }
  return { kind: 'stop' };
}

/**
 * The ladder that an attempt's end with `fault` walks. The rungs belong to the exit's own fault; what was found afterwards
 * (half installed) has a class of its own. An installer that says it put the product there, switched off, and did not is
 * not run again: it would only lay down once more what somebody switched off.
 */
export function ladderOf(meaning: ExitMeaning | null, fault: FaultRecord): readonly Rung[] | null {
  if (meaning === null) return null;
  const isItsOwn = meaning.outcome === 'fault' && (meaning.code ?? 'install.failed') === fault.code;
  const isItsAbsence = meaning.outcome !== 'fault' && fault.code === 'install.not-verified';
  if (!isItsOwn && !isItsAbsence) return null;
  if (meaning.ladder.length > 0) return meaning.ladder;
  return meaning.outcome === 'degraded' ? [{ kind: 'stop' }] : null;
}

/** What an attempt adds to the arguments of its recipe: compiled in with the exit code that asked for it. */
export function addedArguments(follows: Pause | null, basis: string): readonly string[] {
  const rung: PauseRung | null = follows?.rung ?? null;
  return rung?.kind === 'changed-arguments' && follows?.basis === basis ? rung.arguments : [];
}
