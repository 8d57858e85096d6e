import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { readMeta, writeMeta } from '#console/store/meta.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { storeContract } from '#test/console/store/store.contract.ts';

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
