/** Puts what is told into the outbox, in the transaction that changes the alerts. */
import { randomBytes } from 'node:crypto';
import type { Insertable } from 'kysely';
import { tame } from '#console/alerts/conditions.ts';
import type { Notice, Tell } from '#console/alerts/apply.ts';
import { shownAlert } from '#console/alerts/shown-alert.ts';
import type { Clock } from '#console/context.ts';
import { aboutOf, alertMessage, bodyOf } from '#console/notify/message.ts';
import { waitingMax } from '#console/notify/pace.ts';
import type { OutboxTable } from '#console/store/schema/notification-tables.ts';
import {
  endWaiting,
  listTargets,
  organisationsOfConnections,
  queue,
  type TargetRow,
} from '#console/store/alerts/notifications.ts';
import type { Db } from '#console/store/store.ts';

export const newEventId = (): string => `evt_${randomBytes(12).toString('hex')}`;

/** Organisations of a target; null: all. */
export function organisationsOf(target: Pick<TargetRow, 'organisations'>): readonly string[] | null {
  return target.organisations === null ? null : (JSON.parse(target.organisations) as string[]);
}

export function mutedOf(target: Pick<TargetRow, 'muted'>): readonly string[] {
  return JSON.parse(target.muted) as string[];
}

/** What concerns a connection is told to those of its organisations; what concerns the console to those of all. */
function isFor(target: TargetRow, alert: Notice['alert'], mapped: ReadonlyMap<string, readonly string[]>): boolean {
  if (target.paused_at !== null || mutedOf(target).includes(alert.kind)) return false;
  // That a target does not work cannot be told to itself.
  if (alert.subject_kind === 'target' && alert.subject_id === target.target_id) return false;
  const mine = organisationsOf(target);
  if (mine === null) return true;
  if (alert.organisation_id !== null) return mine.includes(alert.organisation_id);
  return alert.subject_kind === 'connection' && (mapped.get(alert.subject_id) ?? []).some((id) => mine.includes(id));
}

async function namesOf(db: Db, notices: readonly Notice[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(notices.flatMap(({ alert }) => alert.organisation_id ?? []))];
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('organisations')
    .select(['organisation_id', 'name'])
    .where('organisation_id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.organisation_id, tame(row.name)]));
}

export function tellTargets(clock: Clock, origin: string): Tell {
  return async (db, notices) => {
    const targets = await listTargets(db);
    if (targets.length === 0) return;
    const nowMs = clock.now();
    const names = await namesOf(db, notices);
    const mapped = await organisationsOfConnections(db);
    const messages = notices.map((notice) => {
      const shown = shownAlert(notice.alert, names.get(notice.alert.organisation_id ?? '') ?? null);
      const message = alertMessage(notice.what, shown, { origin, nowMs });
      return { notice, about: aboutOf(message), body: bodyOf(message) };
    });
    for (const target of targets) {
      const mine = messages.filter(({ notice }) => isFor(target, notice.alert, mapped));
      if (mine.length === 0) continue;
      const rows = mine.map(({ notice, about, body }): Insertable<OutboxTable> => ({
        target_id: target.target_id,
        event_id: newEventId(),
        alert_id: notice.alert.alert_id,
        organisation_id: notice.alert.organisation_id,
        what: notice.what,
        about,
        body,
        created_at: nowMs,
        tries: 0,
        answer: '',
      }));
      await queue(db, rows);
      const dropped = { done_at: nowMs, result: 'dropped', answer: 'too many were waiting' };
      await endWaiting(db, target.target_id, { keep: waitingMax }, dropped);
    }
  };
}
