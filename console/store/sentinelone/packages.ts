/** Vendor files. They belong to no organisation: whoever may see packages sees all of them. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Db } from '#console/store/store.ts';
import type { PackageTable } from '#console/store/schema/tables.ts';

export type PackageRecord = Selectable<PackageTable>;

export async function listPackages(db: Db): Promise<PackageRecord[]> {
  return db.selectFrom('packages').selectAll().orderBy('target').limit(2000).execute();
}

export async function readyPackages(db: Db): Promise<PackageRecord[]> {
  return db.selectFrom('packages').selectAll().where('state', '=', 'ready').orderBy('package_id').limit(500).execute();
}

export async function findPackage(db: Db, packageId: string): Promise<PackageRecord | null> {
  const row = await db.selectFrom('packages').selectAll().where('package_id', '=', packageId).executeTakeFirst();
  return row ?? null;
}

export async function addPackage(db: Db, row: Insertable<PackageTable>): Promise<void> {
  await db.insertInto('packages').values(row).execute();
}

export async function changePackage(db: Db, packageId: string, change: Updateable<PackageTable>): Promise<void> {
  await db.updateTable('packages').set(change).where('package_id', '=', packageId).execute();
}

/** The right to fetch a package alone, for a while; false: somebody is at it, or it is here already. */
export async function claimPackage(
  db: Db,
  packageId: string,
  times: { readonly nowMs: number; readonly untilMs: number },
): Promise<boolean> {
  const result = await db
    .updateTable('packages')
    .set({ state: 'fetching', problem: null, fetching_until: times.untilMs })
    .where('package_id', '=', packageId)
    .where((where) =>
      where.or([
        where('state', 'in', ['offered', 'failed']),
        where.and([where('state', '=', 'fetching'), where('fetching_until', '<=', times.nowMs)]),
      ]),
    )
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Fetches whose process has died are offered again. */
export async function releasePackages(db: Db, nowMs: number): Promise<void> {
  await db
    .updateTable('packages')
    .set({ state: 'offered', fetching_until: null })
    .where('state', '=', 'fetching')
    .where((where) => where.or([where('fetching_until', 'is', null), where('fetching_until', '<=', nowMs)]))
    .execute();
}

export async function removePackage(db: Db, packageId: string): Promise<void> {
  await db.deleteFrom('packages').where('package_id', '=', packageId).execute();
}
