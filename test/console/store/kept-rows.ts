/** Whether a database still holds what it held before it was brought to a newer schema. */
import { expect } from 'vitest';
import { migrationNames } from '#console/store/schema/migrations.ts';

export type Row = Readonly<Record<string, unknown>>;
/** Rows by table, each table in an order of its own that does not change. */
export type Rows = Readonly<Record<string, readonly Row[]>>;

/** The step of operators ends sessions on purpose: those of before have no id. */
const ended = ['operator_sessions'];

/** Every row that was there is there, with the same values in the columns it had; all steps of the schema were taken. */
export function expectNothingLost(before: Rows, after: Rows): void {
  expect(Object.values(before).reduce((sum, one) => sum + one.length, 0)).toBeGreaterThan(50);
  for (const [name, was] of Object.entries(before)) {
    if (name.startsWith('kysely_') || ended.includes(name)) continue;
    const columns = Object.keys(was[0] ?? {});
    const now = (after[name] ?? []).map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
    expect([name, now]).toEqual([name, was.map((row) => ({ ...row }))]);
  }
  const taken = after['kysely_migration']?.map((row) => String(row['name'])) ?? [];
  expect(taken.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(migrationNames());
}
