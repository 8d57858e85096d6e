/** Time and chance, handed in so that tests own them. */
export interface Timing {
  /** Wall clock, ms since 1970. */
  now(): number;
  /** Resolves after `ms`, or at once when aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to but not including 1. */
  random(): number;
}
