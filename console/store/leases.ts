/** One of several console processes does what need not be done twice. A lease saves work; what is done stays right without. */
import { sql } from 'kysely';
import type { Db } from '#console/store/store.ts';

/** True for the holder until `nowMs + forMs`; asked again by the holder it is prolonged. */
export async function takeLease(
  db: Db,
  lease: { readonly name: string; readonly holder: string },
  times: { readonly nowMs: number; readonly forMs: number },
): Promise<boolean> {
  const until = times.nowMs + times.forMs;
  const result = await db
    .insertInto('leases')
    .values({ ...lease, until })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ holder: lease.holder, until })
        .where(sql<boolean>`leases.holder = ${lease.holder} or leases.until <= ${times.nowMs}`),
    )
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}
