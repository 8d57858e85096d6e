/** Six digits of an authenticator; a step that was used is used up (G22). */
import { Secret, TOTP } from 'otpauth';

const periodS = 30;

/** The time step the code belongs to, when it is right and later than `lastStep`; else null. */
export function totpStep(secret: string, code: string, lastStep: number, nowMs: number): number | null {
  const totp = new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: periodS });
  const delta = totp.validate({ token: code, window: 1, timestamp: nowMs });
  if (delta === null) return null;
  const step = Math.floor(nowMs / 1000 / periodS) + delta;
  return step > lastStep ? step : null;
}
