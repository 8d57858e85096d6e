/** Writes what a look at the fleet found: opens, changes and closes alerts, and tells those that are to hear of it. */
import { randomBytes } from 'node:crypto';
import { keyOf, type Condition } from '#console/alerts/conditions.ts';
import type { Differences } from '#console/alerts/reconcile.ts';
import { changeOpenAlert, openAlerts, type AlertRow } from '#console/store/alerts/alerts.ts';
import type { Db, Store } from '#console/store/store.ts';

/** Something that happened to an alert and is told. */
export interface Notice {
  readonly what: 'opened' | 'again' | 'closed';
  readonly alert: AlertRow;
}

/** In the transaction that changes the alerts: what is told is never lost, nor told for nothing. */
export type Tell = (db: Db, notices: readonly Notice[]) => Promise<void>;

/** One transaction holds the writer no longer than so many rows take. */
const sliceMax = 200;

function rowOf(condition: Condition, nowMs: number): AlertRow {
  return {
    alert_id: `alr_${randomBytes(12).toString('hex')}`,
    alert_key: keyOf(condition),
    kind: condition.kind,
    level: condition.level,
    cause: condition.cause,
    subject_kind: condition.subject.kind,
    subject_id: condition.subject.id,
    subject_name: condition.subject.name,
    organisation_id: condition.organisationId,
    detail: JSON.stringify(condition.detail),
    stage: condition.stage,
    since: condition.sinceMs,
    opened_at: nowMs,
    absent_since: null,
    closed_at: null,
    seen_at: null,
    seen_by: null,
  };
}

type Step = (db: Db) => Promise<Notice[]>;

function openStep(conditions: readonly Condition[], nowMs: number): Step {
  return async (db) => {
    const rows = conditions.map((condition) => rowOf(condition, nowMs));
    const opened = await openAlerts(db, rows);
    return rows.filter((row) => opened.has(row.alert_id)).map((alert) => ({ what: 'opened', alert }));
  };
}

function steps(found: Differences, nowMs: number): Step[] {
  const one =
    (row: AlertRow, change: Partial<AlertRow>, what: Notice['what'] | null): Step =>
    async (db) => {
      const changed = await changeOpenAlert(db, row, change);
      return changed && what !== null ? [{ what, alert: { ...row, ...change } }] : [];
    };
  return [
    ...found.change.map(({ row, condition, again }) => {
      const { level, stage } = condition;
      const change = { level, stage, detail: JSON.stringify(condition.detail), absent_since: null };
      // What is told once more has not been seen by anybody.
      const anew = again ? { seen_at: null, seen_by: null } : {};
      return one(row, { ...change, ...anew }, again ? 'again' : null);
    }),
    ...found.absent.map((row) => one(row, { absent_since: nowMs }, null)),
    ...found.back.map((row) => one(row, { absent_since: null }, null)),
    ...found.close.map((row) => one(row, { closed_at: row.absent_since ?? nowMs }, 'closed')),
  ];
}

/** Answers how many alerts were opened, closed or told again. */
export async function apply(store: Store, tell: Tell, found: Differences, nowMs: number): Promise<number> {
  const work: Step[] = [];
  for (let from = 0; from < found.open.length; from += sliceMax)
    work.push(openStep(found.open.slice(from, from + sliceMax), nowMs));
  const rest = steps(found, nowMs);
  for (let from = 0; from < rest.length; from += sliceMax) {
    const slice = rest.slice(from, from + sliceMax);
    work.push(async (db) => {
      const notices: Notice[] = [];
      for (const step of slice) notices.push(...(await step(db)));
      return notices;
    });
  }
  let told = 0;
  for (const step of work) {
    told += await store.write(async (db) => {
      const notices = await step(db);
      if (notices.length > 0) await tell(db, notices);
      return notices.length;
    });
  }
  return told;
}
