import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkBackup } from '#console/backup/read.ts';
import { restoreBackup } from '#console/backup/restore.ts';
import { createSeal, sealPurpose } from '#console/backup/format.ts';
import { writeBackup } from '#console/backup/write.ts';
import { createSealer } from '#console/secrets.ts';
import { emptySqlite } from '#console/store/engine/empty-place.ts';
import { inOrder } from '#console/store/engine/rows.ts';
import { sqliteSnapshot } from '#console/store/engine/snapshot.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { backupContract } from '#test/console/backup/backup.contract.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';

backupContract('from SQLite to SQLite', {
  async source(directory) {
    const path = join(directory, 'source.db');
    return { store: await openSqlite(path, { alone: true }), snapshot: () => sqliteSnapshot(path) };
  },
  target(directory) {
    const path = join(directory, 'target.db');
    return Promise.resolve({
      place: async () => emptySqlite(path),
      open: () => openSqlite(path, { alone: true }),
    });
  },
});

describe('a file that is no whole backup of ours', () => {
  let directory: string;
  let world: ConsoleWorld;
  let whole: Buffer;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'garrison-damaged-'));
    world = await ConsoleWorld.start();
    const snapshot = sqliteSnapshot(join(world.directory, 'garrison.db'));
    const file = join(directory, 'whole');
    const parts = { snapshot, sealer: world.sealer, file, consoleVersion: '0.1.0', nowMs: world.nowMs };
    await writeBackup({ ...parts, progress: () => undefined });
    await snapshot.close();
    whole = readFileSync(file);
  });
  afterEach(async () => {
    await world.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const file = (): string => join(directory, 'tried');
  const target = (): string => join(directory, 'target.db');

  async function refusal(bytes: Buffer, sealer = world.sealer): Promise<string> {
    writeFileSync(file(), bytes);
    const kept = { operators: [], installKeys: false };
    const parts = { file: file(), sealer, owner: world.owner, place: emptySqlite(target()), change: {}, kept };
    const code = await restoreBackup({ ...parts, nowMs: world.nowMs, progress: () => undefined }).then(
      () => 'none',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
    expect(existsSync(target())).toBe(code === 'none');
    return code;
  }

  /** Another text inside, with sums that fit it. */
  function resealed(change: (lines: string[]) => void, key = world.sealer.subkey(sealPurpose)): Buffer {
    const lines = gunzipSync(whole).toString().trimEnd().split('\n');
    const end = JSON.parse(lines.pop() ?? '') as { end: { rows: unknown } };
    change(lines);
    const seal = createSeal(key);
    for (const line of lines) seal.add(line);
    return gzipSync(`${[...lines, JSON.stringify({ end: { rows: end.end.rows, ...seal.read() } })].join('\n')}\n`);
  }

  it('is refused, and nothing is made of it', async () => {
    const text = gunzipSync(whole).toString();
    expect(await refusal(whole.subarray(0, whole.length / 2))).toBe('backup.damaged');
    expect(await refusal(Buffer.from('not gzip'))).toBe('backup.damaged');
    expect(await refusal(gzipSync(''))).toBe('backup.damaged');
    expect(await refusal(gzipSync(text.replace('con_test', 'con_best')))).toBe('backup.damaged');
    expect(await refusal(gzipSync(text.slice(0, text.lastIndexOf('{"end"'))))).toBe('backup.damaged');
    expect(await refusal(resealed((lines) => void lines.pop()))).toBe('backup.damaged');
    expect(await refusal(resealed((lines) => void lines.push('{"table":"x; drop","columns":["a"]}')))).toBe(
      'backup.damaged',
    );
    expect(await refusal(whole)).toBe('none');
  });

  it('is refused when it was sealed with another key file, however well its sums fit', async () => {
    expect(await refusal(whole, createSealer(randomBytes(32)))).toBe('backup.other-key-file');
    const forged = resealed((lines) => (lines[0] = (lines[0] ?? '').replace('con_test', 'con_evil')), randomBytes(32));
    expect(await refusal(forged)).toBe('backup.other-key-file');
  });

  it('is refused when a newer console made it, with the version that can', async () => {
    const newer = resealed((lines) => {
      lines[0] = (lines[0] ?? '')
        .replace('"migrations":[', '"migrations":["9999-of-tomorrow",')
        .replace('0.1.0', '7.0.0');
    });
    writeFileSync(file(), newer);
    await expect(checkBackup(file(), world.sealer)).rejects.toMatchObject({ code: 'backup.newer' });
    await expect(checkBackup(file(), world.sealer)).rejects.toThrow('7.0.0');
    expect(
      await refusal(resealed((lines) => (lines[0] = (lines[0] ?? '').replace('"version":1', '"version":2')))),
    ).toBe('backup.newer');
  });
});

describe('the order of tables', () => {
  it('has those first that others refer to, and refuses a circle', () => {
    const edges = [
      { from: 'events', to: 'devices' },
      { from: 'devices', to: 'organisations' },
      { from: 'organisations', to: 'organisations' },
    ];
    expect(inOrder(['events', 'organisations', 'devices'], edges)).toEqual(['organisations', 'devices', 'events']);
    expect(() =>
      inOrder(
        ['a', 'b'],
        [
          { from: 'a', to: 'b' },
          { from: 'b', to: 'a' },
        ],
      ),
    ).toThrow('refer to each other');
  });
});
