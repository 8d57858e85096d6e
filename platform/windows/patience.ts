import { setTimeout as pause } from 'node:timers/promises';
import { errnoOf } from '#platform/files/errors.ts';

/** What Windows answers while another process has a file open without letting it be renamed or removed. */
const heldErrnos = ['EBUSY', 'EPERM', 'EACCES'];
/** A scanner opens what was just written for a moment; seconds are already much. Then the error stands. */
const patienceMs = [10, 20, 50, 100, 200, 400, 800, 1_600, 2_000];

export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const waitMs of patienceMs) {
    try {
      return await work();
    } catch (error) {
      if (!heldErrnos.includes(errnoOf(error) ?? '')) throw error;
      await pause(waitMs);
    }
  }
  return work();
}
