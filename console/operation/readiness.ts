/** Whether this process should be sent requests: its database answers, its key set holds, its disk has room, and it stays. */
import { statfs } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Clock, KeySource } from '#console/context.ts';
import type { Store } from '#console/store/store.ts';

export const checks = ['database', 'keySet', 'disk', 'staying'] as const;
export type Check = (typeof checks)[number];
export type Checked = Readonly<Record<Check, boolean>>;

export interface Readiness {
  /** One round of questions at a time, however many ask. */
  look(): Promise<Checked>;
  /** Whether the database answers in time; also for `healthz`. */
  database(): Promise<boolean>;
  /** From now on not ready: the process is on its way out. */
  leave(): void;
  leaving(): boolean;
}

const patienceMs = 2_000;
/** SQLite needs room for its log; below this even an acknowledgement may fail. */
export const freeBytesMin = 256 * 1024 * 1024;

function inTime(answer: Promise<boolean>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), patienceMs);
    void answer
      .catch(() => false)
      .then((ok) => {
        clearTimeout(timer);
        resolve(ok);
      });
  });
}

/** Calls that come while one is under way get its answer. */
function together<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | null = null;
  return () => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}

export interface ReadinessParts {
  readonly store: Store;
  readonly keys: KeySource;
  readonly clock: Clock;
  /** Where files are written; null: nowhere. */
  readonly directory: string;
  readonly freeBytes?: (directory: string) => Promise<number>;
}

async function freeOnDisk(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

export function createReadiness(parts: ReadinessParts): Readiness {
  const { store, keys, clock, directory } = parts;
  let left = false;
  const ask = together(async () => {
    await sql`select 1`.execute(store.read);
    return true;
  });
  const free = parts.freeBytes ?? freeOnDisk;
  const room = together(async () => (await free(directory)) >= freeBytesMin);
  return {
    database: () => inTime(ask()),
    async look() {
      const [database, disk] = await Promise.all([inTime(ask()), inTime(room())]);
      const keySet = Date.parse(keys.current().keySet.notAfter) > clock.now();
      return { database, keySet, disk, staying: !left };
    },
    leave() {
      left = true;
    },
    leaving: () => left,
  };
}
