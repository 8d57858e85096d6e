/** Keeps the column by which coverage is counted in step with SentinelOne's records and with the mappings. */
import { vendorStandings } from '#console/api/coverage-rule.ts';
import { consoleScope } from '#console/auth/scope.ts';
import type { Clock } from '#console/context.ts';
import type { Store } from '#console/store/store.ts';
import { standingSlice, writeStanding } from '#console/store/sentinelone/vendor-standing.ts';

const scope = consoleScope('vendor-standing');
/** Devices that check in meanwhile get their turn in between. */
const rowsPerSlice = 1_000;
/** A record that SentinelOne itself has not heard of for so long proves nothing any more. */
const staleAfterMs = 24 * 3_600_000;

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
}

/** `organisationId` null: every device. Writes only what changed; answers how many did. */
export async function judgeRecords({ store, clock }: Parts, organisationId: string | null): Promise<number> {
  const staleBeforeMs = clock.now() - staleAfterMs;
  let changed = 0;
  let afterDeviceId = '';
  for (;;) {
    const slice = { organisationId, afterDeviceId, limit: rowsPerSlice, staleBeforeMs };
    const rows = await standingSlice(store.read, scope, slice);
    const turned = rows.filter((row) => row.was !== row.is);
    if (turned.length > 0) {
      await store.write(async (db) => {
        for (const is of vendorStandings) {
          const ids = turned.filter((row) => row.is === is).map((row) => row.device_id);
          await writeStanding(db, scope, ids, is);
        }
      });
    }
    changed += turned.length;
    afterDeviceId = rows.at(-1)?.device_id ?? '';
    if (rows.length < rowsPerSlice) return changed;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
