import { PrivateDirectory } from '#platform/files/directory.ts';
import type { Directory } from '#platform/files.ts';
import { Fault } from '#protocol/codes.ts';

const lockName = 'lock';
const sqliteBusy = 5;

/**
 * Holds a file lock that the kernel drops when the process ends, however it ends. Node has no call for one, but the
 * SQLite inside it locks its database files by fcntl (LockFileEx on Windows): an exclusive transaction on an empty
 * database is that lock, and nothing is ever written. Null when another holder, in this process or another, has it.
 */
export async function lockExclusively(directory: Directory): Promise<{ release(): Promise<void> } | null> {
  if (!(directory instanceof PrivateDirectory)) {
    throw new Fault('agent.defect', 'only a directory of this machine can be locked');
  }
  // Made by us first, so that it has our mode; never opened elsewhere, for closing it anywhere drops the lock.
  await directory.create(lockName, new Uint8Array());
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(directory.at(lockName));
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return null;
    throw error;
  }
  return { release: async () => database.close() };
}

type Sqlite = typeof import('node:sqlite');
let sqlite: Promise<Sqlite> | null = null;

function loadSqlite(): Promise<Sqlite> {
  sqlite ??= importQuietly();
  return sqlite;
}

/** Node 22 warns on standard error that its SQLite is new; that is no news for an administrator. Others come later. */
async function importQuietly(): Promise<Sqlite> {
  const others: (string | Error)[] = [];
  // oxlint-disable-next-line typescript/unbound-method -- only put back where it was
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error) => {
    if (!String(warning).includes('SQLite')) others.push(warning);
  };
  try {
    return await import('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
    for (const warning of others) process.emitWarning(warning);
  }
}
