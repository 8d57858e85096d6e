/** Group commit: what arrived during one turn of the loop shares a transaction, and each piece of work is its own savepoint. */
import type { DatabaseSync } from 'node:sqlite';
import type { Db } from '#console/store/store.ts';

const groupMax = 200;

interface Job {
  /** Runs the work; the answer says what to tell the waiting caller once the group is durable. */
  perform(): Promise<() => void>;
  fail(error: unknown): void;
}

export interface WriterQueue {
  run<T>(work: (db: Db) => Promise<T>): Promise<T>;
  waiting(): number;
  drained(): Promise<void>;
}

export function writerQueue(database: DatabaseSync, db: Db): WriterQueue {
  const waiting: Job[] = [];
  let running: Promise<void> | null = null;

  async function inSavepoint(job: Job): Promise<(() => void) | null> {
    database.exec('savepoint work');
    try {
      const settle = await job.perform();
      database.exec('release work');
      return settle;
    } catch (error) {
      database.exec('rollback to work; release work');
      job.fail(error);
      return null;
    }
  }

  async function commitGroup(jobs: readonly Job[]): Promise<void> {
    const settlements: (() => void)[] = [];
    try {
      database.exec('begin immediate');
      for (const job of jobs) {
        const settle = await inSavepoint(job);
        if (settle !== null) settlements.push(settle);
      }
      database.exec('commit');
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      for (const job of jobs) job.fail(error);
      return;
    }
    for (const settle of settlements) settle();
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      await commitGroup(waiting.splice(0, groupMax));
    }
    running = null;
  }

  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        waiting.push({
          async perform() {
            const value = await work(db);
            return () => resolve(value);
          },
          fail: reject,
        });
        running ??= drain();
      }),
    waiting: () => waiting.length,
    async drained() {
      while (running !== null) await running;
    },
  };
}
