/** Notices devices that fall silent and those that are heard of again, so that filters and counters need no clock. */
import { consoleScope } from '#console/auth/scope.ts';
import { overdueAfterMs } from '#console/fleet/lists/shown.ts';
import { markReporting, newlyHeard, newlySilent, type Turned } from '#console/store/devices/reporting.ts';
import type { Store } from '#console/store/store.ts';

export interface Silence {
  /** Marks a bounded number of devices; answers those that turned. */
  sweep(nowMs: number): Promise<readonly Turned[]>;
}

/** After an outage of the console a whole fleet is overdue: most are back before they would be marked. */
const rowsPerSweep = 2_000;
/** A contact may be written down later than it was. */
const lookBackMs = 120_000;
/** Now and then all are looked at: what another process left undone is found. */
const wholeEveryMs = 10 * 60_000;

export function createSilence(store: Store): Silence {
  const scope = consoleScope('silence');
  let seenMs = 0;
  let wholeMs = 0;
  return {
    async sweep(nowMs) {
      const overdueBeforeMs = nowMs - overdueAfterMs;
      const window = { overdueBeforeMs, limit: rowsPerSweep };
      const silent = await newlySilent(store.read, scope, { ...window, fromMs: seenMs });
      const heard = await newlyHeard(store.read, scope, window);
      if (silent.length + heard.length > 0) {
        await store.write(async (db) => {
          await markReporting(db, scope, silent, 0);
          await markReporting(db, scope, heard, 1);
        });
      }
      if (nowMs - wholeMs > wholeEveryMs) [wholeMs, seenMs] = [nowMs, 0];
      else if (silent.length < rowsPerSweep) seenMs = overdueBeforeMs - lookBackMs;
      return [...silent, ...heard];
    },
  };
}
