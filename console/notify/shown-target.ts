/** Targets and deliveries as the page shows them; no secret in either. */
import {
  deliverySchema,
  targetKinds,
  targetSchema,
  type Delivery,
  type NotificationTarget,
} from '#console/api/notifications.ts';
import { iso, isoOrNull } from '#console/fleet/lists/shown.ts';
import { mutedOf, organisationsOf } from '#console/notify/outbox.ts';
import type { OutboxRow, TargetRow } from '#console/store/alerts/notifications.ts';

export function shownTarget(row: TargetRow, waiting: number): NotificationTarget {
  const kind = targetKinds.find((one) => one === row.kind) ?? 'webhook';
  return {
    targetId: row.target_id,
    kind,
    name: row.name,
    url: kind === 'webhook' ? row.address : '',
    recipients: kind === 'email' ? (JSON.parse(row.address) as string[]) : [],
    organisationIds: organisationsOf(row)?.slice() ?? null,
    muted: targetSchema.shape.muted.catch([]).parse(mutedOf(row)),
    paused: row.paused_at !== null,
    createdAt: iso(row.created_at),
    createdBy: row.created_by,
    failingSince: isoOrNull(row.failing_since),
    lastArrivedAt: isoOrNull(row.arrived_at),
    nextTryAt: isoOrNull(row.failing_since === null ? null : row.next_at),
    waiting,
  };
}

export function shownDelivery(row: OutboxRow): Delivery {
  return {
    eventId: row.event_id,
    what: deliverySchema.shape.what.parse(row.what),
    about: row.about,
    createdAt: iso(row.created_at),
    tries: row.tries,
    doneAt: isoOrNull(row.done_at),
    result: deliverySchema.shape.result.parse(row.result),
    answer: row.answer,
  };
}
