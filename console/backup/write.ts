/** Writes a backup of a console that may be running: one consistent view of the database, in a file of its own. */
import { createWriteStream, fsyncSync, linkSync, openSync, closeSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Kysely } from 'kysely';
import { Fault } from '#protocol/codes.ts';
import { createSeal, formatVersion, sealPurpose, type Header } from '#console/backup/format.ts';
import { loadKeys } from '#console/keys.ts';
import type { Sealer } from '#console/secrets.ts';
import { migrationNames } from '#console/store/schema/migrations.ts';
import { rowsOf, takenMigrations, wholeTables } from '#console/store/engine/rows.ts';
import type { Snapshot } from '#console/store/engine/snapshot.ts';
import type { Db } from '#console/store/store.ts';

export interface BackupParts {
  readonly snapshot: Snapshot;
  readonly sealer: Sealer;
  readonly file: string;
  readonly consoleVersion: string;
  readonly nowMs: number;
  /** Told after every table. */
  progress(table: string, rows: number): void;
}

export interface Written {
  readonly header: Header;
  readonly rows: Readonly<Record<string, number>>;
  /** Over the lines inside, as `restore` checks it. */
  readonly sha256: string;
}

/** A file that appears under its name only when it is whole, and replaces nothing. */
function privateFile(file: string) {
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  const stream = createWriteStream(partial, { flags: 'wx', mode: 0o600 });
  return {
    stream,
    async keep() {
      await finished(stream);
      for (const path of [partial, dirname(file)]) {
        const handle = openSync(path, 'r');
        fsyncSync(handle);
        closeSync(handle);
      }
      try {
        linkSync(partial, file);
      } catch (error) {
        throw new Fault('console.bad-configuration', `${file} cannot be made; is there one already?`, { cause: error });
      } finally {
        rmSync(partial, { force: true });
      }
    },
    drop: () => rmSync(partial, { force: true }),
  };
}

async function headerOf(parts: BackupParts, db: Kysely<unknown>): Promise<Header> {
  const migrations = await takenMigrations(db);
  const unknown = migrations.filter((name) => !migrationNames().includes(name));
  if (unknown.length > 0)
    throw new Fault('backup.newer', `the database is of a newer console (${unknown.join(', ')}); use that one`);
  const keys = await loadKeys(db as unknown as Db, parts.sealer);
  return {
    garrison: 'console-backup',
    version: formatVersion,
    consoleVersion: parts.consoleVersion,
    consoleId: keys.consoleId,
    ownerKey: keys.ownerKey,
    keySet: { epoch: keys.keySet.epoch, number: keys.keySet.number },
    createdAt: new Date(parts.nowMs).toISOString(),
    database: parts.snapshot.kind,
    migrations,
  };
}

type Say = (line: unknown) => Promise<void>;

async function writeTables(parts: BackupParts, db: Kysely<unknown>, say: Say): Promise<Record<string, number>> {
  const { kind } = parts.snapshot;
  const counts: Record<string, number> = {};
  for (const table of await wholeTables(db, kind)) {
    await say({ table: table.name, columns: table.columns });
    let rows = 0;
    for await (const row of rowsOf(db, kind, table)) {
      await say(row);
      rows += 1;
    }
    counts[table.name] = rows;
    parts.progress(table.name, rows);
  }
  return counts;
}

export async function writeBackup(parts: BackupParts): Promise<Written> {
  const seal = createSeal(parts.sealer.subkey(sealPurpose));
  const file = privateFile(parts.file);
  const gzip = createGzip({ level: 6 });
  gzip.pipe(file.stream);
  const broken = new Promise<never>((_resolve, reject) => file.stream.once('error', reject));
  broken.catch(() => undefined);
  const put = async (text: string): Promise<void> => {
    if (!gzip.write(`${text}\n`)) await Promise.race([once(gzip, 'drain'), broken]);
  };
  const say: Say = async (line) => {
    const text = JSON.stringify(line);
    seal.add(text);
    await put(text);
  };
  try {
    const { header, rows } = await parts.snapshot.look(async (db) => {
      const made = await headerOf(parts, db);
      await say(made);
      return { header: made, rows: await writeTables(parts, db, say) };
    });
    const sums = seal.read();
    await put(JSON.stringify({ end: { rows, ...sums } }));
    gzip.end();
    await file.keep();
    return { header, rows, sha256: sums.sha256 };
  } catch (error) {
    gzip.destroy();
    file.stream.destroy();
    file.drop();
    if (error instanceof Fault || !(error instanceof Error) || !('path' in error)) throw error;
    throw new Fault('console.bad-configuration', `${parts.file} cannot be written: ${error.message}`, { cause: error });
  }
}
