/** When an API token is renewed, when it is tried again, and when somebody must hear of it. Pure; times in ms since 1970. */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Days before the end at which a token that does not renew itself is spoken of. */
export const alarmDays = [30, 14, 7, 1] as const;
export type AlarmDays = (typeof alarmDays)[number];

export interface TokenLife {
  readonly createdAtMs: number | null;
  readonly expiresAtMs: number;
}

const earlyMs = 14 * dayMs;

/**
 * At half life, and at least 14 days before the end; a token that lives shorter than that keeps a quarter of its life, so
 * that it is not renewed over and over. Without a known beginning: 30 days before the end.
 */
export function renewAtMs({ createdAtMs, expiresAtMs }: TokenLife): number {
  if (createdAtMs === null) return expiresAtMs - 30 * dayMs;
  const lifeMs = expiresAtMs - createdAtMs;
  return Math.min(createdAtMs + lifeMs / 2, Math.max(expiresAtMs - earlyMs, createdAtMs + lifeMs / 4));
}

/** After a failure: a tenth of what is left, between one and six hours; what SentinelOne refuses, once a day. */
export function nextTryMs(nowMs: number, expiresAtMs: number | null, refused: boolean): number {
  if (refused) return nowMs + dayMs;
  const leftMs = expiresAtMs === null ? 6 * hourMs : (expiresAtMs - nowMs) / 10;
  return nowMs + Math.min(6 * hourMs, Math.max(hourMs, leftMs));
}

/** The nearest of the alarm days that has come; 0: the token has ended; null: none yet. */
export function alarmDaysLeft(expiresAtMs: number, nowMs: number): AlarmDays | 0 | null {
  if (expiresAtMs <= nowMs) return 0;
  return alarmDays.findLast((days) => expiresAtMs - nowMs <= days * dayMs) ?? null;
}
