/** Rows of alerts; see `tables.ts` for how values are kept. */
import type { ColumnType } from 'kysely';

export interface AlertTable {
  alert_id: string;
  /** Kind, subject and cause: at most one open row of each. */
  alert_key: string;
  kind: string;
  level: string;
  cause: string;
  subject_kind: string;
  subject_id: string;
  /** As it was called when the alert was opened. */
  subject_name: string;
  organisation_id: string | null;
  detail: string;
  /** A step of the same alert that is told again: days left of a token. */
  stage: string;
  since: number;
  opened_at: ColumnType<number, number, never>;
  /** Since when its condition does not hold any more; it is closed when that lasts. */
  absent_since: number | null;
  closed_at: number | null;
  seen_at: number | null;
  seen_by: string | null;
}

/** The right to do one thing alone for a while. */
export interface LeaseTable {
  name: string;
  holder: string;
  until: number;
}

export interface AlertTables {
  alerts: AlertTable;
  leases: LeaseTable;
}
