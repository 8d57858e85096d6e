/** Rows of notifications; see `tables.ts` for how values are kept. */
import type { Generated } from 'kysely';

export interface NotificationTargetTable {
  target_id: string;
  kind: string;
  name: string;
  /** URL of a webhook; addresses of e-mail as a JSON list. */
  address: string;
  /** JSON list of organisation ids; null: all. */
  organisations: string | null;
  /** JSON list of alert kinds. */
  muted: string;
  secret_sealed: string | null;
  /** Signs beside the new one until then. */
  secret_before_sealed: string | null;
  secret_before_until: number | null;
  created_at: number;
  created_by: string;
  paused_at: number | null;
  /** One console process sends at a time, so that the order holds. */
  busy_by: string | null;
  busy_until: number | null;
  tries: number;
  next_at: number | null;
  failing_since: number | null;
  arrived_at: number | null;
  last_answer: string;
}

/** What is to be sent, in the order of its number. */
export interface OutboxTable {
  outbox_id: Generated<number>;
  target_id: string;
  event_id: string;
  alert_id: string | null;
  organisation_id: string | null;
  what: string;
  about: string;
  /** What a webhook is sent, byte for byte, whenever it is sent; an e-mail is written from it. */
  body: string;
  created_at: number;
  tries: number;
  done_at: number | null;
  result: string | null;
  answer: string;
}

export interface NotificationTables {
  notification_targets: NotificationTargetTable;
  outbox: OutboxTable;
}
