/**
 * The console's time, signed in the session's answer and carried by the monotonic clock, so that a device whose own clock
 * jumps still knows when an assignment expires. The highest signed time is kept; earlier ones are not believed (G33).
 */
import type { Clock } from '#platform/platform.ts';

export interface ConsoleTime {
  /** Best estimate, ms since 1970. The wall clock until the console has spoken; before the floor, the floor going on. */
  now(): number;
  iso(): string;
  /** Takes a signed time; false when it lies before the highest one ever signed, or far behind what has passed since. */
  accept(signedMs: number): boolean;
  /** What was signed in an epoch that the owner has ended is worth nothing. */
  forget(): void;
  /** Ours minus the console's; null until it has spoken. */
  skewMs(): number | null;
}

/**
 * Of the time that has passed here, so much must have passed at the console. A recorded answer that is played again would
 * else stop the clock at every session, and nothing would ever expire; a console that was set back is followed by and by.
 */
const leastPace = 0.9;
/** What comes within the same moment. */
const slackMs = 5_000;

export function createConsoleTime(clock: Clock, floorMs: () => number): ConsoleTime {
  let anchor: { readonly signedMs: number; readonly monotonicMs: number } | null = null;
  let startedMs = clock.monotonic();
  const now = (): number => {
    if (anchor !== null) return Math.max(anchor.signedMs + (clock.monotonic() - anchor.monotonicMs), floorMs());
    // A clock without battery starts in the past: time stands still for nobody who waits for its end.
    return Math.max(clock.now(), floorMs() + (clock.monotonic() - startedMs));
  };
  return {
    now,
    iso: () => new Date(now()).toISOString(),
    accept(signedMs) {
      if (signedMs < floorMs()) return false;
      const passedMs = anchor === null ? 0 : clock.monotonic() - anchor.monotonicMs;
      if (anchor !== null && signedMs < anchor.signedMs + passedMs * leastPace - slackMs) return false;
      anchor = { signedMs, monotonicMs: clock.monotonic() };
      return true;
    },
    forget() {
      anchor = null;
      startedMs = clock.monotonic();
    },
    skewMs: () => (anchor === null ? null : Math.round(clock.now() - now())),
  };
}
