/** Telling somebody of alerts outside the page, put together. */
import type { Tell } from '#console/alerts/apply.ts';
import { tame, type Condition } from '#console/alerts/conditions.ts';
import { deliverWaiting, sendNow } from '#console/notify/deliver.ts';
import type { DestinationRules } from '#console/notify/destination.ts';
import { aboutOf, bodyOf, testMessage } from '#console/notify/message.ts';
import { newEventId, tellTargets } from '#console/notify/outbox.ts';
import { originOf, rulesOf, type NotificationParts } from '#console/notify/parts.ts';
import { failingAlertMs } from '#console/notify/pace.ts';
import {
  countWaiting,
  listTargets,
  queue,
  type OutboxRow,
  type TargetRow,
} from '#console/store/alerts/notifications.ts';

export interface Notifications {
  readonly rules: DestinationRules;
  readonly tell: Tell;
  /** Sends what waits and is due. */
  deliver(): Promise<void>;
  sendTest(target: TargetRow): Promise<OutboxRow>;
  /** Targets that have not worked for an hour are alerts themselves. */
  conditions(nowMs: number): Promise<Condition[]>;
}

async function sendTest(parts: NotificationParts, target: TargetRow): Promise<OutboxRow> {
  const { store, clock } = parts;
  const message = testMessage({ origin: originOf(parts), nowMs: clock.now() });
  const sent = { event_id: newEventId(), body: bodyOf(message) };
  const createdMs = clock.now();
  const outcome = await sendNow(parts, target, sent);
  const row = {
    ...sent,
    target_id: target.target_id,
    alert_id: null,
    organisation_id: null,
    what: 'test',
    about: aboutOf(message),
    created_at: createdMs,
    tries: 1,
    done_at: clock.now(),
    result: outcome.ok ? 'delivered' : 'failed',
    answer: outcome.answer,
  };
  await store.write((db) => queue(db, [row]));
  return { ...row, outbox_id: 0 };
}

async function failing(parts: NotificationParts, nowMs: number): Promise<Condition[]> {
  const { read } = parts.store;
  const targets = await listTargets(read);
  const long = targets.filter(
    (row) => row.paused_at === null && row.failing_since !== null && nowMs - row.failing_since >= failingAlertMs,
  );
  if (long.length === 0) return [];
  const waiting = await countWaiting(read);
  return long.map((row) => ({
    kind: 'delivery-failing',
    level: 'attention',
    subject: { kind: 'target', id: row.target_id, name: tame(row.name) },
    organisationId: null,
    cause: 'delivery',
    sinceMs: row.failing_since ?? nowMs,
    detail: { text: tame(row.last_answer), count: waiting.get(row.target_id) ?? 0 },
    stage: '',
  }));
}

export function createNotifications(parts: NotificationParts): Notifications {
  return {
    rules: rulesOf(parts),
    tell: tellTargets(parts.clock, originOf(parts)),
    deliver: () => deliverWaiting(parts),
    sendTest: (target) => sendTest(parts, target),
    conditions: (nowMs) => failing(parts, nowMs),
  };
}
