/** Secrets that sign webhooks; sealed like all others (G20). */
import { randomBytes } from 'node:crypto';
import { writeSecret } from '#console/notify/signature.ts';
import type { Sealer } from '#console/secrets.ts';
import type { TargetRow } from '#console/store/alerts/notifications.ts';

type Field = 'secret_sealed' | 'secret_before_sealed';
const place = (targetId: string, field: Field) => ({ table: 'notification_targets', row: targetId, field });

export const newSecret = (): string => writeSecret(randomBytes(32));

export function sealSecret(sealer: Sealer, targetId: string, field: Field, secret: string): string {
  return sealer.seal(place(targetId, field), secret);
}

/** The one in use, and while a receiver may still know only that, the one before. */
export function secretsOf(sealer: Sealer, target: TargetRow, nowMs: number): string[] {
  const { target_id: id, secret_sealed: now, secret_before_sealed: before, secret_before_until: until } = target;
  return [
    ...(now === null ? [] : [sealer.open(place(id, 'secret_sealed'), now)]),
    ...(before === null || (until ?? 0) <= nowMs ? [] : [sealer.open(place(id, 'secret_before_sealed'), before)]),
  ];
}
