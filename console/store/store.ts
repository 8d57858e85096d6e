/** The database as the rest of the console sees it. */
import type { Kysely } from 'kysely';
import type { Tables } from '#console/store/schema/tables.ts';

export type Db = Kysely<Tables>;

export interface Store {
  readonly kind: 'sqlite' | 'postgres';
  /** Committed data, for reading only. */
  readonly read: Db;
  /**
   * Runs `work` in a transaction and resolves when it is durable. Nothing but the database may be awaited inside: on
   * SQLite all writers wait for each other.
   */
  write<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** A hint to other console processes on the same database; they look again. Never rejects: hints may be lost. */
  announce(topic: string): Promise<void>;
  /** Called with the hints of other processes, and of this one. */
  listen(listener: (topic: string) => void): void;
  /** Transactions that wait for their turn in this process. */
  waiting(): number;
  /** Bytes on disk, where that is cheap to tell. */
  sizeBytes(): Promise<number | null>;
  close(): Promise<void>;
}

/** Whether an error says that a unique key exists already. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return Reflect.get(error, 'code') === '23505' || /UNIQUE constraint failed/.test(error.message);
}
