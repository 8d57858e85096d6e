/** PostgreSQL: several console processes share it and wake each other with NOTIFY. */
import { Kysely, PostgresDialect } from 'kysely';
import { Client, Pool, TypeOverrides } from 'pg';
import { againAfterDeadlock } from '#console/store/engine/deadlock.ts';
import { migrate } from '#console/store/schema/migrations.ts';
import type { Store } from '#console/store/store.ts';
import type { Tables } from '#console/store/schema/tables.ts';

const channel = 'garrison';
const int8 = 20;

/** Counts and times fit a double exactly; the driver's default would be text. */
export function numbers(): TypeOverrides {
  const types = new TypeOverrides();
  types.setTypeParser(int8, Number);
  return types;
}

/** Keeps one direct connection for hints (not through a transaction pooler) and makes a new one when it breaks. */
function hints(url: string, hear: (topic: string) => void): { stop(): Promise<void> } {
  let stopped = false;
  let current: Client | null = null;
  const again = (): void => {
    if (!stopped) setTimeout(() => void connect(), 1_000).unref();
  };
  async function connect(): Promise<void> {
    if (stopped) return;
    const next = new Client({ connectionString: url });
    // Known before it stands: one that is still connecting when all ends would keep the process alive for good.
    current = next;
    next.on('notification', (message) => hear(message.payload ?? ''));
    next.on('error', () => void next.end().catch(() => undefined));
    next.on('end', again);
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
    } catch {
      // Hints only: what they announce is found by the sweep, and the next try comes with `end`.
      void next.end().catch(() => undefined);
    }
  }
  void connect();
  return {
    async stop() {
      stopped = true;
      await current?.end().catch(() => undefined);
    },
  };
}

export async function openPostgres(url: string): Promise<Store> {
  const pool = new Pool({ connectionString: url, max: 10, types: numbers() });
  pool.on('error', () => undefined);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  await migrate(db, 'postgres');
  const listeners: ((topic: string) => void)[] = [];
  const listening = hints(url, (topic) => {
    for (const listener of listeners) listener(topic);
  });
  return {
    kind: 'postgres',
    read: db,
    write: (work) => againAfterDeadlock(() => db.transaction().execute(work)),
    async announce(topic) {
      for (const listener of listeners) listener(topic);
      // A hint that is lost is made up for by the sweep; nobody who gives one waits for it or could do anything about it.
      await pool.query('select pg_notify($1, $2)', [channel, topic]).catch(() => undefined);
    },
    listen: (listener) => void listeners.push(listener),
    waiting: () => pool.waitingCount,
    async sizeBytes() {
      const answer = await pool.query<{ size: number }>('select pg_database_size(current_database()) as size');
      return answer.rows[0]?.size ?? null;
    },
    async close() {
      await listening.stop();
      await db.destroy();
    },
  };
}
