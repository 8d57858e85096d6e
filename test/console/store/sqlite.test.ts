import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { restartsOf } from '#console/fleet/restarts.ts';
import { readMeta, writeMeta } from '#console/store/meta.ts';
import { findOrganisation } from '#console/store/organisations.ts';
import { openSqlite } from '#console/store/sqlite.ts';
import { storeContract } from '#test/console/store/store.contract.ts';
import { scope } from '#test/worlds/fleet/console.ts';

const directory = mkdtempSync(join(tmpdir(), 'garrison-store-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(directory, `${(files += 1)}.db`);

storeContract('SQLite', () => openSqlite(newFile(), { alone: true }));

describe('the SQLite file', () => {
  it('belongs to one console; the command line may write beside it', async () => {
    const path = newFile();
    const store = await openSqlite(path, { alone: true });
    await expect(openSqlite(path, { alone: true })).rejects.toMatchObject({ code: 'console.already-running' });
    const beside = await openSqlite(path, { alone: false });
    await beside.write((db) => writeMeta(db, 'console-id', 'from beside'));
    await beside.close();
    expect(await readMeta(store.read, 'console-id')).toBe('from beside');
    await store.close();
    const again = await openSqlite(path, { alone: true });
    expect(await readMeta(again.read, 'console-id')).toBe('from beside');
    await again.close();
  });

  it('is written durably, and never through the reading connection', async () => {
    const path = newFile();
    const store = await openSqlite(path, { alone: true });
    await expect(writeMeta(store.read, 'console-id', 'x')).rejects.toThrow('readonly');
    const other = new DatabaseSync(path, { readOnly: true });
    expect(other.prepare('pragma journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
    other.close();
    await store.close();
  });

  it('of a console that knew nothing of restarts goes on, and never restarts a device', async () => {
    const path = newFile();
    await (await openSqlite(path, { alone: true })).close();
    const older = new DatabaseSync(path);
    for (const column of ['restart_start_minute', 'restart_end_minute'])
      older.exec(`alter table organisations drop column ${column}`);
    older.exec("delete from kysely_migration where name = '0008-restarts'");
    older.exec("insert into organisations values ('org_old', 'Old', 'old', 'deploy', 1, 7)");
    older.close();
    const store = await openSqlite(path, { alone: true });
    const row = await findOrganisation(store.read, scope, 'org_old');
    expect(row).toMatchObject({ mode: 'deploy', policy_version: 7, restart_start_minute: null });
    expect(restartsOf(row)).toEqual({ kind: 'never' });
    await store.close();
  });

  it('finishes the work that waits before it closes', async () => {
    const path = newFile();
    const store = await openSqlite(path, { alone: true });
    const writes = ['1', '2', '3'].map((value) => store.write((db) => writeMeta(db, 'epoch', value)));
    await store.close();
    await Promise.all(writes);
    const again = await openSqlite(path, { alone: true });
    expect(await readMeta(again.read, 'epoch')).toBe('3');
    await again.close();
  });
});
