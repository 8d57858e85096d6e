/** A database of an earlier schema, made by the console of then, brought to the newest one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { expectNothingLost, type Row } from '#test/console/store/kept-rows.ts';

const fixture = join(import.meta.dirname, '../../fixtures/database/0008-restarts.db.gz');

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

it('a console of today opens a database of 0008, and nothing in it is lost or changed', async () => {
  const before = tables();
  await (await openSqlite(path, { alone: true })).close();
  const after = tables();
  expectNothingLost(before, after);
  await (await openSqlite(path, { alone: true })).close();
  expect(tables()).toEqual(after);
});
