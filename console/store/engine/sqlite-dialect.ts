/** Kysely over the SQLite inside Node. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';

const keptStatementsMax = 500;

function statement(prepared: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
  return {
    reader: prepared.columns().length > 0,
    all: (parameters) => prepared.all(...values(parameters)),
    run: (parameters) => prepared.run(...values(parameters)),
    iterate: (parameters) => prepared.iterate(...values(parameters)),
  };
}

/** Prepared statements are kept: preparing costs more than most of them run. */
function keeping(database: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = kept.get(sql);
      if (known !== undefined) return known;
      const fresh = statement(database.prepare(sql));
      if (kept.size >= keptStatementsMax) kept.clear();
      kept.set(sql, fresh);
      return fresh;
    },
  };
}

export function sqliteDialect(database: DatabaseSync): SqliteDialect {
  return new SqliteDialect({ database: keeping(database) });
}
