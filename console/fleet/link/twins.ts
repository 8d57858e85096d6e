/**
 * Two machines under one identity, told by the sessions they use (G14). One agent has one session and never goes back to an
 * earlier one; a session that is used again long after another had taken its place belongs to a second machine. That needs no
 * fingerprint: copies of a virtual machine often have the same.
 */

export interface SessionUse {
  current: string | null;
  sinceMs: number;
  /** That `current` took the place of, newest first. */
  former: readonly string[];
}

/** Requests that were on their way while a new session was made still carry the old one. */
export const lateRequestMs = 30_000;
const formerMax = 4;

export function newSessionUse(): SessionUse {
  return { current: null, sinceMs: 0, former: [] };
}

/** Notes one request; true when it proves a second machine. */
export function isTwin(use: SessionUse, sessionId: string, nowMs: number): boolean {
  if (use.current === sessionId) return false;
  if (use.former.includes(sessionId)) {
    if (nowMs - use.sinceMs <= lateRequestMs) return false;
    return true;
  }
  if (use.current !== null) use.former = [use.current, ...use.former].slice(0, formerMax);
  use.current = sessionId;
  use.sinceMs = nowMs;
  return false;
}
