/** A database of an earlier schema, made by the console of then, brought to the newest one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrationNames } from '#console/store/schema/migrations.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';

const fixture = join(import.meta.dirname, '../../fixtures/database/0008-restarts.db.gz');

type Row = Readonly<Record<string, unknown>>;

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-earlier-'));
  path = join(directory, 'garrison.db');
  writeFileSync(path, gunzipSync(readFileSync(fixture)));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function tables(): Record<string, Row[]> {
  const database = new DatabaseSync(path, { readOnly: true });
  const names = database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    .all();
  const found = names.map(({ name }): [string, Row[]] => {
    return [String(name), database.prepare(`select * from "${String(name)}" order by 1, 2`).all()];
  });
  database.close();
  return Object.fromEntries(found);
}

/** The step of operators ends sessions on purpose: those of before have no id. */
const ended = ['operator_sessions'];

it('a console of today opens a database of 0008, and nothing in it is lost or changed', async () => {
  const before = tables();
  const rows = Object.values(before).reduce((sum, one) => sum + one.length, 0);
  expect(rows).toBeGreaterThan(50);
  await (await openSqlite(path, { alone: true })).close();
  const after = tables();
  for (const [name, was] of Object.entries(before)) {
    if (name.startsWith('kysely_') || ended.includes(name)) continue;
    const columns = Object.keys(was[0] ?? {});
    const now = (after[name] ?? []).map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
    expect([name, now]).toEqual([name, was.map((row) => ({ ...row }))]);
  }
  const taken = after['kysely_migration']?.map((row) => String(row['name'])) ?? [];
  expect(taken.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(migrationNames());
  await (await openSqlite(path, { alone: true })).close();
  expect(tables()).toEqual(after);
});
