/** From what is wrong now and what is open already to what must be opened, changed and closed. Pure. */
import type { AlertKind } from '#console/api/alerts.ts';
import { keyOf, type Condition } from '#console/alerts/conditions.ts';
import type { AlertRow } from '#console/store/alerts/alerts.ts';

/** A cause that is gone for less is not gone: a device that restarts, or tries once more, says so again. */
export const settleMs = 5 * 60_000;

/** Stay open until somebody has seen them: what happened is over, and that it happened is what matters. */
const untilSeen: readonly string[] = ['unenrolments'] satisfies AlertKind[];

export interface Differences {
  readonly open: readonly Condition[];
  /** Still there, with other words; `again`: to be told once more. */
  readonly change: readonly { readonly row: AlertRow; readonly condition: Condition; readonly again: boolean }[];
  readonly absent: readonly AlertRow[];
  readonly back: readonly AlertRow[];
  readonly close: readonly AlertRow[];
}

/** A count that moves does not make an alert another one; it is written when it is told anyway. */
function sameWords(row: AlertRow, condition: Condition): boolean {
  const { count: _now, ...now } = condition.detail;
  const { count: _then, ...then } = JSON.parse(row.detail) as Condition['detail'];
  return row.level === condition.level && JSON.stringify(now) === JSON.stringify(then);
}

/** `unjudged`: kinds that could not be looked at now; they stay as they are. */
export function differences(
  rows: readonly AlertRow[],
  conditions: readonly Condition[],
  now: { readonly nowMs: number; readonly unjudged: ReadonlySet<string> },
): Differences {
  const wanted = new Map(conditions.map((condition) => [keyOf(condition), condition]));
  const known = new Set(rows.map((row) => row.alert_key));
  const found = {
    open: [...wanted].filter(([key]) => !known.has(key)).map(([, condition]) => condition),
    change: [] as { row: AlertRow; condition: Condition; again: boolean }[],
    absent: [] as AlertRow[],
    back: [] as AlertRow[],
    close: [] as AlertRow[],
  };
  for (const row of rows) {
    const condition = wanted.get(row.alert_key);
    if (condition !== undefined) {
      const again = row.stage !== condition.stage;
      if (again || !sameWords(row, condition)) found.change.push({ row, condition, again });
      else if (row.absent_since !== null) found.back.push(row);
    } else if (!now.unjudged.has(row.kind) && !(untilSeen.includes(row.kind) && row.seen_at === null)) {
      if (row.absent_since === null) found.absent.push(row);
      else if (now.nowMs - row.absent_since >= settleMs) found.close.push(row);
    }
  }
  return found;
}
