import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepAuditHead, noteRestoredAudit, readAuditHeads } from '#console/audit-heads.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { auditHead, examineAudit, type AuditHead } from '#console/store/audit/audit-chain.ts';
import { forgetAuditBefore } from '#console/store/audit/audit-retention.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import type { Db, Store } from '#console/store/store.ts';

const key = Buffer.alloc(32, 7);
const day = 86_400_000;

let directory: string;
let store: Store;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-audit-'));
  store = await openSqlite(join(directory, 'garrison.db'), { alone: true });
  for (let index = 1; index <= 10; index += 1) await append(index);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

async function append(index: number): Promise<void> {
  const entry = { at: index * day, actor: 'operator:ann', action: `deed ${index}`, subject: 's', organisationId: null };
  await store.write((db) => appendAudit(db, key, { ...entry, detail: {} }));
}

const tamper = (work: (db: Db) => Promise<unknown>): Promise<unknown> => store.write(work);
const broken = async (heads: readonly AuditHead[] = []) => (await examineAudit(store.read, key, heads)).broken;
const headNow = async (): Promise<AuditHead> => (await auditHead(store.read)) ?? { number: 0, mac: '' };

describe('the audit log (G21)', () => {
  it('G21: holds as it was written, and with no other key', async () => {
    const { number, mac } = await headNow();
    expect(await examineAudit(store.read, key)).toEqual({ from: 1, entries: 10, head: { number, mac }, broken: null });
    expect((await examineAudit(store.read, Buffer.alloc(32, 8))).broken).toEqual({ kind: 'changed', number: 1 });
  });

  it('G21: shows a changed entry, whichever part of it', async () => {
    const changes = { actor: 'operator:eve', action: 'nothing', subject: 'x', detail: '{"n":1}', at: 5 };
    for (const [column, value] of Object.entries(changes)) {
      const before = await store.read.selectFrom('audit').selectAll().where('number', '=', 5).executeTakeFirstOrThrow();
      await tamper((db) =>
        db
          .updateTable('audit')
          .set({ [column]: value })
          .where('number', '=', 5)
          .execute(),
      );
      expect([column, await broken()]).toEqual([column, { kind: 'changed', number: 5 }]);
      await tamper((db) => db.updateTable('audit').set(before).where('number', '=', 5).execute());
    }
    expect(await broken()).toBeNull();
  });

  it('G21: shows removed and reordered entries', async () => {
    await tamper((db) => db.updateTable('audit').set({ number: 99 }).where('number', '=', 3).execute());
    await tamper((db) => db.updateTable('audit').set({ number: 3 }).where('number', '=', 4).execute());
    await tamper((db) => db.updateTable('audit').set({ number: 4 }).where('number', '=', 99).execute());
    expect(await broken()).toEqual({ kind: 'changed', number: 3 });
    await tamper((db) => db.deleteFrom('audit').where('number', 'in', [3, 4]).execute());
    expect(await broken()).toEqual({ kind: 'missing', from: 3, to: 4 });
    await tamper((db) => db.deleteFrom('audit').where('number', '<', 3).execute());
    expect(await broken()).toEqual({ kind: 'missing', from: 1, to: 4 });
  });

  it('G21: shows what was cut off at the end or written anew, against a head that was seen', async () => {
    const seen = await headNow();
    await tamper((db) => db.deleteFrom('audit').where('number', '>', 8).execute());
    expect(await broken()).toBeNull();
    expect(await broken([seen])).toEqual({ kind: 'cut-off', from: 9, to: 10 });
    await append(9);
    await append(11);
    expect(await broken()).toBeNull();
    expect(await broken([seen])).toEqual({ kind: 'rewritten', number: 10 });
    await tamper((db) => db.deleteFrom('audit').execute());
    expect(await broken([seen])).toEqual({ kind: 'cut-off', from: 1, to: 10 });
  });

  it('G21: retention leaves a checkpoint from which the rest is verified, and which nobody can make', async () => {
    const seen = await headNow();
    const forget = (beforeMs: number, nowMs: number) =>
      store.write((db) => forgetAuditBefore(db, key, { beforeMs, nowMs }));
    expect(await forget(5 * day, 20 * day)).toBe(4);
    expect(await examineAudit(store.read, key, [seen])).toMatchObject({ from: 5, entries: 7, broken: null });
    expect(await forget(9 * day, 20 * day + 1)).toBe(0);
    expect(await forget(1_000 * day, 22 * day)).toBe(6);
    expect(await examineAudit(store.read, key)).toMatchObject({ from: 11, entries: 2, broken: null });
    const written = await store.read.selectFrom('audit').select(['action', 'detail']).execute();
    expect(JSON.parse(written.at(-1)?.detail ?? '')).toMatchObject({ from: 5, to: 10 });
    await tamper((db) =>
      db
        .updateTable('meta')
        .set({ value: JSON.stringify({ number: 11, mac: seen.mac, at: 1, seal: 'ab'.repeat(32) }) })
        .where('name', '=', 'audit-checkpoint')
        .execute(),
    );
    expect(await broken()).toEqual({ kind: 'checkpoint', number: 11 });
    await tamper((db) => db.deleteFrom('meta').where('name', '=', 'audit-checkpoint').execute());
    expect(await broken()).toEqual({ kind: 'missing', from: 1, to: 10 });
  });

  it('G21: heads are kept beside the database, for the eyes of its owner, once each', async () => {
    const path = join(directory, 'audit-heads');
    const said: AuditHead[] = [];
    const keeping = { store, path, now: () => 0, say: (head: AuditHead) => said.push(head), failed: () => undefined };
    const first = await keepAuditHead(keeping, null);
    expect(await keepAuditHead(keeping, first)).toEqual(first);
    await append(11);
    await keepAuditHead(keeping, first);
    expect(said.map((head) => head.number)).toEqual([10, 11]);
    expect(readAuditHeads(path)).toEqual(said);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"at":"2026-`);
    expect(readAuditHeads(path)).toEqual(said);
  });

  it('does not call a restored backup broken, and still sees what is cut off after it', async () => {
    const path = join(directory, 'audit-heads');
    const keeping = { store, path, now: () => 0, say: () => undefined, failed: () => undefined };
    await keepAuditHead(keeping, null);
    await tamper((db) => db.deleteFrom('audit').where('number', '>', 6).execute());
    expect(await broken(readAuditHeads(path))).toEqual({ kind: 'cut-off', from: 7, to: 10 });
    writeFileSync(path, `${readFileSync(path, 'utf8').trimEnd()}\n`);
    noteRestoredAudit(path, 6, 0);
    expect(await broken(readAuditHeads(path))).toBeNull();
    await append(12);
    await keepAuditHead(keeping, null);
    await tamper((db) => db.deleteFrom('audit').where('number', '=', 7).execute());
    expect(await broken(readAuditHeads(path))).toEqual({ kind: 'cut-off', from: 7, to: 7 });
  });
});
